#include "ports/testing/fake_event_log.h"

#include "ports/testing/event_log_contract.h"

namespace tailrace {
namespace {

class FakeHarness final : public EventLogHarness {
 public:
  EventLog& log() override { return log_; }
  ManualClock& clock() override { return clock_; }
  void Restart() override { log_.Restart(); }

 private:
  ManualClock clock_{{1'000'000}};
  FakeEventLog log_{{2, 1}, clock_};
};

INSTANTIATE_TEST_SUITE_P(Fake, EventLogContract,
                         testing::Values(EventLogFactory{[] { return std::make_unique<FakeHarness>(); }}));

constexpr StreamId kStream{0};
constexpr PartitionId kFirst{0};
constexpr PartitionId kSecond{1};

TEST(FakeEventLog, HeldAppendsHoldBackTheFrontier) {
  ManualClock clock{{0}};
  FakeEventLog log({2}, clock);
  log.Hold(kStream, kFirst);
  AwaitedAppend held;
  const auto records = RecordsOf({"a"});
  ASSERT_TRUE(log.Append({kStream, kFirst, records}, &held));
  ASSERT_TRUE(AppendValues(log, kStream, kSecond, {"b"}));
  EXPECT_EQ(log.StableBelow(kStream), Seq{1});
  EXPECT_TRUE(ReadToEnd(log, kStream, kFirst)->empty());
  log.Release(kStream, kFirst);
  EXPECT_TRUE(held.Wait());
  EXPECT_EQ(log.StableBelow(kStream), Seq{3});
}

TEST(FakeEventLog, AFenceFailsWhatIsHeld) {
  ManualClock clock{{0}};
  FakeEventLog log({2}, clock);
  log.Hold(kStream, kFirst);
  AwaitedAppend held;
  const auto records = RecordsOf({"a"});
  ASSERT_TRUE(log.Append({kStream, kFirst, records}, &held));
  log.Fence(kStream, kFirst);
  EXPECT_EQ(held.Wait().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(log.StableBelow(kStream), Seq{2});
  EXPECT_TRUE(log.Partitions(kStream)[0].fenced);
}

}  // namespace
}  // namespace tailrace
