#include "log/log.h"
#include "log/testing/log_fixture.h"
#include "ports/testing/event_log_contract.h"

namespace tailrace::log {
namespace {

class LogHarness final : public EventLogHarness {
 public:
  LogHarness(int64_t segment_bytes, Compression compression, FaultFileSystem::Loss loss) : loss_(loss) {
    options_.segment_bytes = segment_bytes;
    options_.compression = compression;
    options_.compressed_batch_bytes_min = 0;
    Open();
  }
  EventLog& log() override { return *log_; }
  ManualClock& clock() override { return clock_; }
  void Restart() override {
    files_.ResetCount();
    files_.Inject({.at = 0, .for_ever = true, .kind = FaultFileSystem::Kind::kStop});
    log_.reset();
    files_.PowerCut(loss_, random_);
    Open();
  }

 private:
  void Open() { log_ = Log::Open(options_, TwoStreams(), files_, clock_).value(); }

  const FaultFileSystem::Loss loss_;
  FaultFileSystem files_;
  ManualClock clock_{{1'000'000}};
  SeededRandom random_{1};
  LogOptions options_ = SmallOptions();
  std::unique_ptr<Log> log_;
};

EventLogFactory Make(int64_t segment_bytes, Compression compression, FaultFileSystem::Loss loss) {
  return {[=] { return std::make_unique<LogHarness>(segment_bytes, compression, loss); }};
}

INSTANTIATE_TEST_SUITE_P(Large, EventLogContract,
                         testing::Values(Make(1 << 20, Compression::kNone, FaultFileSystem::Loss::kNothing)));
INSTANTIATE_TEST_SUITE_P(OneBatchASegment, EventLogContract,
                         testing::Values(Make(1, Compression::kNone, FaultFileSystem::Loss::kUnsynced)));
INSTANTIATE_TEST_SUITE_P(Lz4, EventLogContract,
                         testing::Values(Make(4096, Compression::kLz4, FaultFileSystem::Loss::kTear)));
INSTANTIATE_TEST_SUITE_P(Zstd, EventLogContract,
                         testing::Values(Make(4096, Compression::kZstd, FaultFileSystem::Loss::kTear)));

}  // namespace
}  // namespace tailrace::log
