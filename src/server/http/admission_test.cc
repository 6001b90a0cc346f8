#include "server/http/admission.h"

#include <gtest/gtest.h>

#include <deque>

namespace tailrace::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class StandingClock final : public Clock {
 public:
  WallTime Now() override { return {}; }
  std::chrono::steady_clock::time_point Monotonic() override { return now; }
  std::chrono::steady_clock::time_point now{};
};

constexpr nanoseconds kNoWait{0};
constexpr size_t kMiB = 1 << 20;

struct Gate {
  StandingClock clock;
  Metrics metrics;
  Admission admission{milliseconds(10), clock, metrics};

  // Takes one after another, each answered after `answer`, so many bytes a millisecond, for `duration`.
  void Serve(size_t bytes_a_millisecond, milliseconds answer, milliseconds duration) {
    for (milliseconds at{0}; at < duration; at += milliseconds(1)) {
      EXPECT_TRUE(admission.Enter(bytes_a_millisecond, kNoWait));
      clock.now += milliseconds(1);
      admission.Leave(bytes_a_millisecond, clock.now - answer);
    }
  }
};

TEST(AdmissionTest, OneIsTakenHoweverLargeItIs) {
  Gate gate;
  EXPECT_TRUE(gate.admission.Enter(100 * kMiB, kNoWait));
  EXPECT_FALSE(gate.admission.HasRoom(1));
  EXPECT_FALSE(gate.admission.Enter(1, kNoWait));
  gate.admission.Leave(100 * kMiB, gate.clock.now);
  EXPECT_TRUE(gate.admission.Enter(1, kNoWait));
}

TEST(AdmissionTest, WhatIsInFlightIsWhatIsDoneWithinTheDelay) {
  Gate gate;
  gate.Serve(1 * kMiB, milliseconds(1), milliseconds(300));
  EXPECT_NEAR(static_cast<double>(gate.admission.room()), 10.0 * kMiB, 0.5 * kMiB);  // a MiB a millisecond, ten milliseconds
  EXPECT_TRUE(gate.admission.Enter(9 * kMiB, kNoWait));
  EXPECT_FALSE(gate.admission.Enter(2 * kMiB, kNoWait));
}

TEST(AdmissionTest, ASlowDiskIsKeptBusy) {
  Gate gate;
  gate.Serve(1 * kMiB, milliseconds(50), milliseconds(300));
  EXPECT_GE(gate.admission.room(), 150 * kMiB);  // four times the shortest answer, not ten milliseconds
}

TEST(AdmissionTest, AFullQueueIsNoReasonForALongerOne) {
  constexpr size_t kPiece = kMiB / 4;
  Gate gate;
  gate.Serve(1 * kMiB, milliseconds(1), milliseconds(300));
  std::deque<std::chrono::steady_clock::time_point> queue;
  for (int i = 0; i < 5'000; ++i) {
    while (gate.admission.Enter(kPiece, kNoWait)) queue.push_back(gate.clock.now);
    gate.clock.now += milliseconds(1);
    for (int done = 0; done < 4; ++done) {
      gate.admission.Leave(kPiece, queue.front());
      queue.pop_front();
    }
  }
  EXPECT_LE(gate.admission.room(), 12 * kMiB);
}

TEST(AdmissionTest, WhatHasWaitedLongerThanTheDelayIsRefusedWhileOthersAreInFlight) {
  Gate gate;
  EXPECT_TRUE(gate.admission.Enter(1, milliseconds(100)));
  EXPECT_FALSE(gate.admission.Enter(1, milliseconds(11)));
  EXPECT_TRUE(gate.admission.Enter(1, milliseconds(9)));
}

TEST(AdmissionTest, AQuietTimeLeavesRoomForTheNextOnes) {
  Gate gate;
  gate.Serve(10, milliseconds(1), milliseconds(2'000));
  EXPECT_GE(gate.admission.room(), kMiB);
}

}  // namespace
}  // namespace tailrace::server
