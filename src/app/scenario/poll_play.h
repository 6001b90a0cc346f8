// Polls in a test: answered from the file, on a clock that the test moves.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/runtime.h"
#include "base/clock.h"
#include "config/spec.h"
#include "ports/outbound_http.h"

namespace tailrace::app {

// Due times in one test.
inline constexpr int64_t kTestStopsMax = 100'000;

// Threads: thread-safe. Ownership: borrows pipeline, test and clock, which must outlive this.
class PollPlay final : public PollScript {
 public:
  // `data`: of the run; what an earlier, killed run has kept there is not answered again.
  static Result<std::unique_ptr<PollPlay>> Open(const config::Pipeline& pipeline, const config::TestSpec& test, const std::string& data,
                                                ManualClock& clock);
  ~PollPlay() override;

  OutboundHttp* AnswersOf(const std::string& source) override;
  bool Wait(WallTime due, const std::stop_token& stop) override;

  // Moves the clock from one due time to the next, up to `until`: those of the polls, and what `next_wake` says of all else. Before each, and at
  // the end, all polls are done with the one before and `between` has been called. Then they end. kCancelled: `stop`. kExhausted: there are
  // too many.
  Status Run(WallTime until, const std::function<Status()>& between, const std::function<std::optional<WallTime>()>& next_wake,
             const std::function<size_t()>& ended, const std::stop_token& stop);

  // Answers too many or too few.
  std::vector<std::string> Differences() const;

 private:
  class Answers;

  explicit PollPlay(ManualClock& clock);
  // Takes what is due out of waiting_ and wakes it; false when nothing is due any more.
  bool MoveOn(WallTime until, std::optional<WallTime> next);
  Status AwaitAll(const std::function<size_t()>& ended, const std::stop_token& stop);
  bool AllWait(const std::function<size_t()>& ended) const { return waiting_.size() + ended() >= answers_.size(); }

  ManualClock& clock_;
  std::map<std::string, std::unique_ptr<Answers>, std::less<>> answers_;
  std::mutex mutex_;
  std::condition_variable_any moved_;
  std::map<int64_t, WallTime> waiting_;  // what each that waits is waiting for; protected by mutex_, as is what stands below
  int64_t waits_ = 0;
  WallTime now_;
  bool over_ = false;
};

}  // namespace tailrace::app
