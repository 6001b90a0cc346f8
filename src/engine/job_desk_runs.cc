// Runs of jobs from their beginning to their end, what follows from it, and who is told.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "engine/deadline.h"
#include "engine/job_desk.h"
#include "engine/run_names.h"

namespace tailrace::engine {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;
// After an end of a run that could not be noted.
constexpr int64_t kNoteAgainMicros = 30'000'000;
// Between attempts to tell of a failure; doubled for each further one.
constexpr int64_t kTellAgainMicros = 30'000'000;
constexpr int64_t kTellTriesMax = 8;

std::chrono::milliseconds WaitBefore(const config::RetrySpec& retry, int64_t attempts) {
  auto wait = retry.after;
  for (int64_t i = 1; i < attempts && wait < retry.after_max; ++i) wait *= 2;
  return std::min(wait, retry.after_max);
}

bool IsDone(const JobRun& run, size_t step) { return step < run.steps_done.size() && run.steps_done[step] == '1'; }

}  // namespace

bool IsCancelled(const JobRun& run) { return run.cancel_asked_at.micros != 0; }

std::string CancelReason(const JobRun& run) { return run.cancel_asked_by.empty() ? "cancelled" : "cancelled by " + run.cancel_asked_by; }

std::set<std::string> JobDesk::JobsRunning() const {
  std::set<std::string> jobs;
  for (const auto& [job, running] : running_) jobs.insert(job);
  return jobs;
}

std::optional<JobRun> JobDesk::TakeReady() {
  const std::lock_guard lock(mutex_);
  const WallTime now = Now();
  // A job's runs keep their order: one that waits for its next attempt holds up those behind it.
  std::set<std::string> held = JobsRunning();
  for (auto run = waiting_.begin(); run != waiting_.end(); ++run) {
    if (!held.insert(run->job).second || run->not_before > now) continue;
    JobRun taken = std::move(*run);
    waiting_.erase(run);
    running_[taken.job] = {taken, {}};
    return taken;
  }
  return std::nullopt;
}

Result<bool> JobDesk::RunNext(const std::stop_token& stop) {
  if (stop.stop_requested()) return false;
  TR_TRY(const bool told, TellNext(stop));
  if (told) return true;
  auto run = TakeReady();
  if (!run) return false;
  std::stop_source ends = EndsOf(run->job);
  const std::stop_callback from_outside(stop, [&ends] { ends.request_stop(); });
  const Status done = Attempt(*run, ends.get_token());
  PutBack(std::move(*run), done);
  TR_RETURN_IF_ERROR(done);
  return true;
}

std::stop_source JobDesk::EndsOf(const std::string& job) {
  const std::lock_guard lock(mutex_);
  return running_.at(job).ends;
}

// A run whose attempt is over waits for the next one, or is over.
void JobDesk::PutBack(JobRun run, const Status& done) {
  const std::lock_guard lock(mutex_);
  // One whose end could not be noted is gone through again: what it has done is marked.
  if (!done && run.state != RunState::kQueued) {
    run.state = RunState::kQueued;
    run.not_before = {Now().micros + kNoteAgainMicros};
  }
  const Running& running = running_.at(run.job);
  run.cancel_asked_at = running.noted.cancel_asked_at;
  run.cancel_asked_by = running.noted.cancel_asked_by;
  // A cancel that came after the note of the next attempt.
  if (done && IsCancelled(run)) run.not_before = {};
  running_.erase(run.job);
  // In front of those of its job that came later.
  if (run.state == RunState::kQueued) waiting_.insert(waiting_.begin(), std::move(run));
  if (changed_) changed_();
}

Status JobDesk::Keep(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) {
  TR_RETURN_IF_ERROR(store_.Update(run, lines, followers));
  NoteNewest(run);
  for (const JobRun& follower : followers) NoteNewest(follower);
  return {};
}

// With record_mutex_ held. A cancel that was noted meanwhile stays in the row.
Status JobDesk::KeepRunning(JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) {
  LearnOfCancel(run);
  TR_RETURN_IF_ERROR(Keep(run, lines, followers));
  const std::lock_guard lock(mutex_);
  running_.at(run.job).noted = run;
  return {};
}

// With record_mutex_ held.
void JobDesk::LearnOfCancel(JobRun& run) {
  const std::lock_guard lock(mutex_);
  const JobRun& noted = running_.at(run.job).noted;
  run.cancel_asked_at = noted.cancel_asked_at;
  run.cancel_asked_by = noted.cancel_asked_by;
}

void JobDesk::EndNow(JobRun& run, RunState state, std::string reason, std::vector<RunLogLine>* lines) const {
  run.state = state;
  run.ended_at = clock_.Now();
  run.reason = std::move(reason);
  lines->push_back({run.ended_at, "", run.reason.empty() ? std::string(RunStateName(state)) : run.reason});
}

void JobDesk::NoteNewest(const JobRun& run) {
  const std::lock_guard lock(newest_mutex_);
  const auto known = newest_.find(run.job);
  if (known == newest_.end() || run.due >= known->second.due) newest_[run.job] = run;
}

std::map<std::string, JobRun, std::less<>> JobDesk::Newest() const {
  const std::lock_guard lock(newest_mutex_);
  return newest_;
}

Status JobDesk::Attempt(JobRun& run, const std::stop_token& stop) {
  const config::JobSpec& job = *Find(run.job);
  if (IsCancelled(run)) return Conclude(job, run, {}, {}, false);
  JobRun before = run;
  run.state = RunState::kRunning;
  ++run.attempts;
  run.started_at = Now();
  run.ended_at = {};
  run.steps_done.resize(job.steps.size(), '0');
  run.reason.clear();
  run.told = true;
  const std::string begins = run.attempts > 1 ? fmt::format("attempt {}", run.attempts) : "begins";
  if (Status noted = KeepStep(run, {{Now(), "", begins}}); !noted) {
    run = std::move(before);
    run.not_before = {Now().micros + kNoteAgainMicros};
    return noted;
  }
  std::vector<RunLogLine> lines;
  bool stopped = false;
  const Status outcome = RunSteps(job, run, lines, stop, &stopped);
  return Conclude(job, run, std::move(lines), outcome, stopped);
}

Status JobDesk::KeepStep(JobRun& run, const std::vector<RunLogLine>& lines) {
  const std::lock_guard recording(record_mutex_);
  return KeepRunning(run, lines, {});
}

Status JobDesk::RunSteps(const config::JobSpec& job, JobRun& run, std::vector<RunLogLine>& lines, const std::stop_token& stop, bool* stopped) {
  const Deadline deadline(job.timeout, stop);
  Status first;
  std::vector<bool> failed(job.steps.size(), false);
  for (size_t i = 0; i < job.steps.size(); ++i) {
    const config::JobStep& step = job.steps[i];
    if (IsDone(run, i)) continue;
    failed[i] = std::any_of(step.after.begin(), step.after.end(), [&](size_t before) { return failed[before]; });
    if (failed[i]) {
      lines.push_back({Now(), step.name, "not begun: a step before it failed"});
      continue;
    }
    const auto done = do_step_({job, step, i, run}, deadline.token());
    if (done) {
      run.steps_done[i] = '1';
      run.rows += done->rows;
      lines.push_back({Now(), step.name, done->said});
      TR_RETURN_IF_ERROR(KeepStep(run, std::exchange(lines, {})));
      continue;
    }
    if (stop.stop_requested()) {
      lines.push_back({Now(), step.name, "stopped before its end"});
      *stopped = true;
      return {};
    }
    failed[i] = true;
    const bool late = deadline.has_passed();
    const std::string why = late ? fmt::format("took longer than {} s", static_cast<double>(job.timeout.count()) / 1000) : done.error().message();
    lines.push_back({Now(), step.name, "failed: " + why});
    if (first) first = Fail(Error(done.error().code(), step.name + ": " + why));
    if (late) return first;
  }
  return first;
}

Status JobDesk::Conclude(const config::JobSpec& job, JobRun& run, std::vector<RunLogLine> lines, const Status& outcome, bool stopped) {
  const std::lock_guard concluding(record_mutex_);
  LearnOfCancel(run);
  std::vector<JobRun> followers;
  const auto queue_again = [&](std::string reason, WallTime not_before) {
    run.state = RunState::kQueued;
    run.reason = std::move(reason);
    run.not_before = not_before;
    lines.push_back({Now(), "", run.reason});
  };
  if (IsCancelled(run)) {
    EndNow(run, RunState::kCancelled, CancelReason(run), &lines);
    TR_TRY(followers, FollowersOf(job, run));
    LogInfo("job cancelled", {{"run", run.id}, {"by", run.cancel_asked_by}});
  } else if (stopped) {
    --run.attempts;
    queue_again("the server was stopped during this run", {});
  } else if (outcome) {
    EndNow(run, RunState::kSucceeded, "", &lines);
    TR_TRY(followers, FollowersOf(job, run));
  } else if (const int64_t failures = run.attempts - run.interruptions; failures <= job.retry.times) {
    const auto wait = WaitBefore(job.retry, failures);
    queue_again(outcome.error().message(), {Now().micros + wait.count() * kMicrosPerMilli});
  } else {
    run.state = RunState::kFailed;
    run.ended_at = Now();
    run.reason = outcome.error().message();
    run.told = false;
    lines.push_back({Now(), "", "failed"});
    TR_TRY(followers, FollowersOf(job, run));
    LogError("job failed", {{"run", run.id}, {"error", run.reason}});
  }
  TR_RETURN_IF_ERROR(KeepRunning(run, lines, followers));
  {
    const std::lock_guard lock(mutex_);
    for (JobRun& follower : followers) {
      if (follower.state == RunState::kQueued) Enqueue(std::move(follower));
    }
  }
  if (run.state != RunState::kFailed) return {};
  const std::lock_guard lock(mutex_);
  untold_.push_back({run, 0, {}, {}});
  return {};
}

// Whether each of the others that `follower` waits for has succeeded for this due time: in a run of the same request, or in its own.
Result<bool> JobDesk::OthersSucceeded(const config::JobSpec& follower, const std::string& job, const JobRun& run) {
  RunFilter others;
  others.states = {RunState::kSucceeded};
  for (const std::string& name : follower.after) {
    if (name != job) others.ids.insert(others.ids.end(), {RunName(name, run.due, SuffixOf(run.id)), RunName(name, run.due, "")});
  }
  if (others.ids.empty()) return true;
  TR_TRY(const auto runs, store_.List(others));
  return std::all_of(follower.after.begin(), follower.after.end(), [&](const std::string& name) {
    return name == job || std::any_of(runs.begin(), runs.end(), [&](const JobRun& other) { return other.job == name; });
  });
}

// Those behind a job that failed, was cancelled or was skipped, and those behind them.
void JobDesk::SkipFollowers(const std::string& job, const JobRun& run, std::vector<JobRun>* skipped) const {
  for (const config::JobSpec& other : pipeline_.jobs) {
    if (std::find(other.after.begin(), other.after.end(), job) == other.after.end()) continue;
    JobRun follower = NewRun(other, run.due, RunTrigger::kAfter);
    follower.id = RunName(other.name, run.due, SuffixOf(run.id));
    follower.from = run.from;
    follower.state = RunState::kSkipped;
    follower.ended_at = clock_.Now();
    const std::string_view what = job != run.job ? "was skipped" : run.state == RunState::kCancelled ? "was cancelled" : "failed";
    follower.reason = fmt::format("job {} {}", job, what);
    const bool is_known = std::any_of(skipped->begin(), skipped->end(), [&](const JobRun& known) { return known.id == follower.id; });
    if (is_known) continue;
    skipped->push_back(std::move(follower));
    SkipFollowers(other.name, run, skipped);
  }
}

// A job behind several comes when the last of them has succeeded, and is skipped when one of them fails.
Result<std::vector<JobRun>> JobDesk::FollowersOf(const config::JobSpec& job, const JobRun& run) {
  std::vector<JobRun> followers;
  if (run.state != RunState::kSucceeded) {
    SkipFollowers(job.name, run, &followers);
    return followers;
  }
  for (const config::JobSpec& other : pipeline_.jobs) {
    if (std::find(other.after.begin(), other.after.end(), job.name) == other.after.end()) continue;
    TR_TRY(const bool is_ready, OthersSucceeded(other, job.name, run));
    if (!is_ready) continue;
    JobRun follower = NewRun(other, run.due, RunTrigger::kAfter);
    follower.id = RunName(other.name, run.due, SuffixOf(run.id));
    follower.from = run.from;
    followers.push_back(std::move(follower));
  }
  return followers;
}

// Tells of one failure that has waited long enough.
Result<bool> JobDesk::TellNext(const std::stop_token& stop) {
  Untold next;
  {
    const std::lock_guard lock(mutex_);
    const auto ready = std::find_if(untold_.begin(), untold_.end(), [now = Now()](const Untold& untold) { return untold.not_before <= now; });
    if (ready == untold_.end()) return false;
    next = std::move(*ready);
    untold_.erase(ready);
  }
  const config::JobSpec* job = Find(next.run.job);
  const Status told = job == nullptr ? Status() : tell_failure_(*job, next.run, &next.heard, stop);
  if (!told && ++next.tries < kTellTriesMax) {
    next.not_before = {Now().micros + (kTellAgainMicros << (next.tries - 1))};
    LogWarning("a failed job could not be told, it is tried again", {{"run", next.run.id}, {"error", told.error().message()}});
    const std::lock_guard lock(mutex_);
    untold_.push_back(std::move(next));
    return true;
  }
  if (!told) LogError("nobody could be told of a failed job", {{"run", next.run.id}, {"error", told.error().message()}});
  next.run.told = true;
  TR_RETURN_IF_ERROR(Keep(next.run, {{Now(), "", told ? "told of the failure" : "nobody could be told: " + told.error().message()}}, {}));
  return true;
}

}  // namespace tailrace::engine
