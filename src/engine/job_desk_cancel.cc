// The end of a run before its time.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "engine/job_desk.h"
#include "engine/run_names.h"

namespace tailrace::engine {
namespace {

bool IsOver(const JobRun& run) { return run.state != RunState::kQueued && run.state != RunState::kRunning; }

}  // namespace

Result<JobRun> JobDesk::Cancel(std::string_view job, std::string_view run, std::string_view by) {
  if (Find(job) == nullptr) return Fail(Error::NotFound("there is no job " + std::string(job)));
  std::optional<Result<JobRun>> cancelled;
  {
    const std::lock_guard recording(record_mutex_);
    cancelled = CancelRunning(job, run, by);
    if (!cancelled) cancelled = CancelWaiting(job, run, by);
  }
  if (!cancelled) return Fail(WhyNotCancelled(job, run));
  // With no lock held: the step's own callbacks run in here.
  if (*cancelled && !IsOver(**cancelled)) StopRunning(**cancelled);
  return std::move(*cancelled);
}

// With record_mutex_ held. Nothing: it does not run, or its end is noted already.
std::optional<Result<JobRun>> JobDesk::CancelRunning(std::string_view job, std::string_view run, std::string_view by) {
  JobRun noted;
  {
    const std::lock_guard lock(mutex_);
    const auto running = running_.find(job);
    if (running == running_.end() || (!run.empty() && running->second.noted.id != run) || IsOver(running->second.noted)) return std::nullopt;
    noted = running->second.noted;
  }
  if (IsCancelled(noted)) return noted;
  noted.cancel_asked_at = Now();
  noted.cancel_asked_by = by;
  // Before it is told to stop: after a crash in between it is over, too, and not begun again.
  const Status kept = Keep(noted, {{noted.cancel_asked_at, "", CancelReason(noted) + ": it is told to stop"}}, {});
  if (!kept) return Result<JobRun>(Fail(kept.error()));
  const std::lock_guard lock(mutex_);
  running_.find(job)->second.noted = noted;
  return noted;
}

void JobDesk::StopRunning(const JobRun& run) {
  std::stop_source ends(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    const auto running = running_.find(run.job);
    if (running != running_.end() && running->second.noted.id == run.id) ends = running->second.ends;
  }
  ends.request_stop();
}

// With record_mutex_ held. Nothing: it does not wait.
std::optional<Result<JobRun>> JobDesk::CancelWaiting(std::string_view job, std::string_view run, std::string_view by) {
  const std::lock_guard lock(mutex_);
  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(), [&](const JobRun& other) { return other.job == job && other.id == run; });
  if (waiting == waiting_.end()) return std::nullopt;
  JobRun cancelled = *waiting;
  cancelled.cancel_asked_at = Now();
  cancelled.cancel_asked_by = by;
  std::vector<RunLogLine> lines;
  EndNow(cancelled, RunState::kCancelled, CancelReason(cancelled), &lines);
  std::vector<JobRun> followers;
  SkipFollowers(cancelled.job, cancelled, &followers);
  // As where runs are added: it must not begin meanwhile.
  const Status kept = Keep(cancelled, lines, followers);
  if (!kept) return Result<JobRun>(Fail(kept.error()));
  waiting_.erase(waiting);
  LogInfo("job cancelled", {{"run", cancelled.id}, {"by", cancelled.cancel_asked_by}});
  if (changed_) changed_();
  return cancelled;
}

Error JobDesk::WhyNotCancelled(std::string_view job, std::string_view run) {
  if (run.empty()) {
    const size_t waiting = Waiting(job);
    return Error::Conflict(fmt::format("no run of the job {} runs now{}", job, waiting == 0 ? "" : fmt::format("; {} wait, and are cancelled by their names", waiting)));
  }
  RunFilter filter;
  filter.job = job;
  filter.ids = {std::string(run)};
  const auto runs = store_.List(filter);
  if (!runs) return runs.error();
  if (runs->empty()) return Error::NotFound(fmt::format("there is no run {} of the job {}", run, job));
  const JobRun& over = runs->front();
  return Error::Conflict(fmt::format("the run {} is over: {} at {}", over.id, RunStateName(over.state), TimeText(over.ended_at)));
}

}  // namespace tailrace::engine
