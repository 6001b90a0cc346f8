// Runs the jobs of a pipeline: each due time once, or recorded as missed or skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "config/spec.h"
#include "ports/run_store.h"

namespace tailrace::engine {

// Runs of a job that wait at a time; a due time beyond them is recorded as skipped.
inline constexpr size_t kRunsWaitingMax = 1'000;
// Due times that backfills of a job may ask for, all together, until they have run. What is due meanwhile goes before them.
inline constexpr size_t kBackfillRunsMax = 10'000;
// Times that a run is taken up again after the server ended during it. One that ends the server itself comes to an end so.
inline constexpr int64_t kInterruptionsMax = 3;

// One step to be done, with what its texts and its SQL may name.
struct StepCall {
  const config::JobSpec& job;
  const config::JobStep& step;
  size_t number = 0;
  const JobRun& run;
};

struct StepOutcome {
  int64_t rows = 0;
  std::string said;  // for the log: "12 rows"
};

// Does what a step says. Threads: thread-safe. Errors: those of the step; kCancelled when `stop` came first.
using DoStep = std::function<Result<StepOutcome>(const StepCall& call, const std::stop_token& stop)>;

// Tells people of a failed run, but for those that `heard` names, and adds to it who has heard. An error: somebody was not told, and it is
// tried again.
using TellFailure = std::function<Status(const config::JobSpec& job, const JobRun& run, std::set<std::string>* heard, const std::stop_token& stop)>;

// Whether somebody has asked for its end.
bool IsCancelled(const JobRun& run);
// "cancelled by ops"
std::string CancelReason(const JobRun& run);

struct JobView {
  const config::JobSpec* spec = nullptr;
  std::optional<WallTime> next;  // due
  std::optional<JobRun> last;    // the newest run
  size_t waiting = 0;
  bool running = false;
};

// Threads:    thread-safe. RunNext may be called by several at once: each takes another run, and a job runs once at a time.
// Ownership:  borrows all it is given.
// Durability: a due time is recorded before its run begins; a run's state before and after each attempt and step.
class JobDesk {
 public:
  // Takes up what an earlier process left: runs that waited, and runs in the middle of which it ended.
  static Result<std::unique_ptr<JobDesk>> Open(const config::Pipeline& pipeline, RunStore& store, Clock& clock, Random& random, DoStep do_step,
                                               TellFailure tell_failure);

  // Queues or records every due time up to now.
  Status PlanDue();

  // Takes one run that is ready, and brings it to its end or to its next attempt. False: none is ready. After `stop` the run waits as
  // before, but for the steps that are done.
  Result<bool> RunNext(const std::stop_token& stop);

  // When there is something to do next: the next due time, or the next attempt; nullopt: never.
  std::optional<WallTime> NextWake();

  // The next due time alone.
  std::optional<WallTime> NextDue();

  // Asks for a run now. kNotFound: no such job. kExhausted: too many wait already.
  Result<std::string> Request(std::string_view job);
  // Ends a run before its time, for whom `by` names (empty: keys are off). One that waits is over when this returns. Of one that runs it is
  // noted first that it is to end, and then its step is told to stop: when this returns the note is on stable storage, and the run becomes
  // kCancelled whatever its steps still do, also when the server ends before them. It is not tried again, its failure is told to nobody, and
  // those behind it are skipped. Without `run` it is the one that the job runs now. Returns the run as it is now; asked again while it ends
  // the same. kNotFound: no such job or run. kConflict: the run is over, or none runs.
  Result<JobRun> Cancel(std::string_view job, std::string_view run, std::string_view by);
  // A run for each due time in [from, to), the oldest first. kInvalid: the job has no schedule, or nothing is due there.
  Result<std::vector<std::string>> Backfill(std::string_view job, WallTime from, WallTime to);

  std::vector<JobView> Jobs();
  // Runs of the job that wait.
  size_t Waiting(std::string_view job);
  // The newest run of each job that has one, by job. Never waits for the store.
  std::map<std::string, JobRun, std::less<>> Newest() const;
  RunStore& store() { return store_; }
  const config::JobSpec* Find(std::string_view job) const;

  // Called whenever RunNext may have something to do, from any thread; returns at once.
  void OnChange(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  JobDesk(const config::Pipeline& pipeline, RunStore& store, Clock& clock, Random& random, DoStep do_step, TellFailure tell_failure);
  Status TakeUp();
  Status PlanJob(const config::JobSpec& job);
  JobRun NewRun(const config::JobSpec& job, WallTime due, RunTrigger trigger) const;
  WallTime IntervalBegin(const config::JobSpec& job, WallTime due) const;
  size_t WaitingOf(std::string_view job, bool with_backfills) const;
  void Enqueue(JobRun run);
  // A run that was taken up, until it is put back or over.
  struct Running {
    JobRun noted;  // as the store has it
    std::stop_source ends;
  };

  std::optional<JobRun> TakeReady();
  Result<bool> TellNext(const std::stop_token& stop);
  Status Keep(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers);
  Status KeepRunning(JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers);
  void LearnOfCancel(JobRun& run);
  std::optional<Result<JobRun>> CancelWaiting(std::string_view job, std::string_view run, std::string_view by);
  std::optional<Result<JobRun>> CancelRunning(std::string_view job, std::string_view run, std::string_view by);
  void StopRunning(const JobRun& run);
  Error WhyNotCancelled(std::string_view job, std::string_view run);
  void NoteNewest(const JobRun& run);
  void EndNow(JobRun& run, RunState state, std::string reason, std::vector<RunLogLine>* lines) const;
  void PutBack(JobRun run, const Status& done);
  Status KeepStep(JobRun& run, const std::vector<RunLogLine>& lines);
  std::stop_source EndsOf(const std::string& job);
  std::set<std::string> JobsRunning() const;
  Status Attempt(JobRun& run, const std::stop_token& stop);
  Status RunSteps(const config::JobSpec& job, JobRun& run, std::vector<RunLogLine>& lines, const std::stop_token& stop, bool* stopped);
  Status Conclude(const config::JobSpec& job, JobRun& run, std::vector<RunLogLine> lines, const Status& outcome, bool stopped);
  Result<std::vector<JobRun>> FollowersOf(const config::JobSpec& job, const JobRun& run);
  Result<bool> OthersSucceeded(const config::JobSpec& follower, const std::string& job, const JobRun& run);
  void SkipFollowers(const std::string& job, const JobRun& run, std::vector<JobRun>* skipped) const;
  std::string ManualSuffix();
  WallTime Now() { return clock_.Now(); }

  const config::Pipeline& pipeline_;
  RunStore& store_;
  Clock& clock_;
  Random& random_;
  const DoStep do_step_;
  const TellFailure tell_failure_;
  std::function<void()> changed_;  // constant after the start
  WallTime opened_at_;

  // Held from the look at other runs to the note of one's own end: of two that end at once, the later sees the earlier. Held too while the row
  // of a run that runs is written, which its steps and a cancel both do. Taken before mutex_.
  std::mutex record_mutex_;

  mutable std::mutex newest_mutex_;  // held over nothing else
  std::map<std::string, JobRun, std::less<>> newest_;

  std::mutex mutex_;  // all below
  std::map<std::string, WallTime, std::less<>> handled_;
  std::vector<JobRun> waiting_;
  std::map<std::string, Running, std::less<>> running_;  // by job
  struct Untold {
    JobRun run;
    int64_t tries = 0;
    WallTime not_before;
    std::set<std::string> heard;  // since the start
  };
  std::vector<Untold> untold_;
};

}  // namespace tailrace::engine
