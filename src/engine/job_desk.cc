#include "engine/job_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/run_names.h"

namespace tailrace::engine {
namespace {

// More than can wait of all jobs together; SQLite's largest.
constexpr size_t kOpenRunsMax = INT64_MAX;

}  // namespace

JobDesk::JobDesk(const config::Pipeline& pipeline, RunStore& store, Clock& clock, Random& random, DoStep do_step, TellFailure tell_failure)
    : pipeline_(pipeline),
      store_(store),
      clock_(clock),
      random_(random),
      do_step_(std::move(do_step)),
      tell_failure_(std::move(tell_failure)),
      opened_at_(clock.Now()) {}

Result<std::unique_ptr<JobDesk>> JobDesk::Open(const config::Pipeline& pipeline, RunStore& store, Clock& clock, Random& random, DoStep do_step,
                                               TellFailure tell_failure) {
  std::unique_ptr<JobDesk> desk(new JobDesk(pipeline, store, clock, random, std::move(do_step), std::move(tell_failure)));
  for (const config::JobSpec& job : pipeline.jobs) {
    TR_TRY(const auto handled, store.Handled(job.name));
    // A new job begins with its next due time.
    if (!handled) TR_RETURN_IF_ERROR(store.Add(job.name, {}, desk->opened_at_));
    desk->handled_[job.name] = handled.value_or(desk->opened_at_);
    RunFilter newest;
    newest.job = job.name;
    newest.limit = 1;
    TR_TRY(const auto runs, store.List(newest));
    for (const JobRun& run : runs) desk->NoteNewest(run);
  }
  TR_RETURN_IF_ERROR(desk->TakeUp());
  return desk;
}

Status JobDesk::TakeUp() {
  RunFilter open;
  open.states = {RunState::kQueued, RunState::kRunning};
  open.limit = kOpenRunsMax;
  TR_TRY(auto runs, store_.List(open));
  std::reverse(runs.begin(), runs.end());
  // A run that was cut goes on before its job begins another: until then its marks in the tables count (ports/job_tables.h).
  std::stable_partition(runs.begin(), runs.end(), [](const JobRun& run) { return run.state == RunState::kRunning || run.attempts > 0; });
  for (JobRun& run : runs) {
    const bool was_running = run.state == RunState::kRunning;
    std::vector<RunLogLine> lines;
    if (IsCancelled(run)) {
      lines.push_back({Now(), "", "the server ended before this run did"});
      EndNow(run, RunState::kCancelled, CancelReason(run), &lines);
    } else if (Find(run.job) == nullptr) {
      EndNow(run, RunState::kFailed, "the pipeline file has no such job any more", &lines);
    } else if (was_running && ++run.interruptions > kInterruptionsMax) {
      EndNow(run, RunState::kFailed, fmt::format("the server ended {} times during this run", run.interruptions), &lines);
      run.told = false;
    } else if (was_running) {
      run.state = RunState::kQueued;
      run.reason = "the server ended during this run; it goes on with the first step that was not done";
      run.not_before = {};
      lines.push_back({Now(), "", run.reason});
    }
    std::vector<JobRun> followers;
    if (run.state != RunState::kQueued) SkipFollowers(run.job, run, &followers);
    if (!lines.empty()) TR_RETURN_IF_ERROR(Keep(run, lines, followers));
    if (run.state == RunState::kQueued) Enqueue(std::move(run));
  }
  RunFilter untold;
  untold.untold = true;
  TR_TRY(auto failed, store_.List(untold));
  for (JobRun& run : failed) untold_.push_back({std::move(run), 0, {}, {}});
  return {};
}

const config::JobSpec* JobDesk::Find(std::string_view job) const {
  for (const config::JobSpec& known : pipeline_.jobs) {
    if (known.name == job) return &known;
  }
  return nullptr;
}

WallTime JobDesk::IntervalBegin(const config::JobSpec& job, WallTime due) const {
  if (!job.schedule) return due;
  return job.schedule->Last({due.micros - 1}).value_or(due);
}

JobRun JobDesk::NewRun(const config::JobSpec& job, WallTime due, RunTrigger trigger) const {
  JobRun run;
  run.id = RunName(job.name, due, "");
  run.job = job.name;
  run.trigger = trigger;
  run.due = run.due_last = due;
  run.from = IntervalBegin(job, due);
  run.queued_at = clock_.Now();
  return run;
}

size_t JobDesk::WaitingOf(std::string_view job, bool with_backfills) const {
  return static_cast<size_t>(std::count_if(waiting_.begin(), waiting_.end(), [&](const JobRun& run) {
    return run.job == job && (with_backfills || run.trigger != RunTrigger::kBackfill);
  }));
}

// What is due goes before what a backfill asked for and has not begun.
void JobDesk::Enqueue(JobRun run) {
  const auto is_later = [&](const JobRun& other) { return other.job == run.job && other.trigger == RunTrigger::kBackfill && other.attempts == 0; };
  const auto place = run.trigger == RunTrigger::kBackfill ? waiting_.end() : std::find_if(waiting_.begin(), waiting_.end(), is_later);
  waiting_.insert(place, std::move(run));
  if (changed_) changed_();
}

Status JobDesk::PlanDue() {
  const std::lock_guard lock(mutex_);
  for (const config::JobSpec& job : pipeline_.jobs) {
    if (job.schedule) TR_RETURN_IF_ERROR(PlanJob(job));
  }
  return {};
}

// With the mutex held: the store's own lock is below it.
Status JobDesk::PlanJob(const config::JobSpec& job) {
  const schedule::DuePlan plan = schedule::PlanDue(*job.schedule, handled_[job.name], opened_at_, Now(), job.catch_up);
  if (plan.missed.count == 0 && plan.to_run.empty()) return {};
  std::vector<JobRun> runs;
  if (plan.missed.count > 0) {
    JobRun missed = NewRun(job, plan.missed.first, RunTrigger::kSchedule);
    missed.state = RunState::kMissed;
    missed.due_last = plan.missed.last;
    missed.count = plan.missed.count;
    missed.ended_at = Now();
    missed.reason = "the server did not run";
    runs.push_back(std::move(missed));
  }
  size_t waiting = WaitingOf(job.name, /*with_backfills=*/false);
  bool is_busy = running_.contains(job.name) || waiting > 0;
  for (const WallTime due : plan.to_run) {
    JobRun run = NewRun(job, due, due < opened_at_ ? RunTrigger::kCatchUp : RunTrigger::kSchedule);
    if ((job.skip_overlap && is_busy) || waiting >= kRunsWaitingMax) {
      run.state = RunState::kSkipped;
      run.ended_at = Now();
      run.reason = job.skip_overlap ? "an earlier run was not over" : "too many runs wait already";
    } else {
      ++waiting;
      is_busy = true;
    }
    runs.push_back(std::move(run));
  }
  const WallTime handled = plan.to_run.empty() ? plan.missed.last : plan.to_run.back();
  TR_RETURN_IF_ERROR(store_.Add(job.name, runs, handled));
  for (const JobRun& run : runs) NoteNewest(run);
  handled_[job.name] = handled;
  for (JobRun& run : runs) {
    if (run.state == RunState::kQueued) Enqueue(std::move(run));
  }
  return {};
}

std::optional<WallTime> JobDesk::NextWake() {
  const std::lock_guard lock(mutex_);
  std::optional<WallTime> next;
  const auto consider = [&](std::optional<WallTime> time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const config::JobSpec& job : pipeline_.jobs) {
    if (job.schedule) consider(job.schedule->Next(handled_[job.name]));
  }
  std::set<std::string> held = JobsRunning();
  for (const JobRun& run : waiting_) {
    if (held.insert(run.job).second) consider(run.not_before);
  }
  for (const Untold& untold : untold_) consider(untold.not_before);
  return next;
}

std::optional<WallTime> JobDesk::NextDue() {
  const std::lock_guard lock(mutex_);
  std::optional<WallTime> next;
  for (const config::JobSpec& job : pipeline_.jobs) {
    const auto due = job.schedule ? job.schedule->Next(handled_[job.name]) : std::nullopt;
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

std::string JobDesk::ManualSuffix() { return fmt::format("#{:08x}", random_.Next() & 0xffffffff); }

Result<std::string> JobDesk::Request(std::string_view job) {
  const config::JobSpec* spec = Find(job);
  if (spec == nullptr) return Fail(Error::NotFound("there is no job " + std::string(job)));
  const std::lock_guard lock(mutex_);
  if (WaitingOf(job, /*with_backfills=*/false) >= kRunsWaitingMax) return Fail(Error::Exhausted(fmt::format("{} runs of it wait already", kRunsWaitingMax)));
  JobRun run = NewRun(*spec, Now(), RunTrigger::kManual);
  run.id += ManualSuffix();
  TR_RETURN_IF_ERROR(store_.Add(job, {run}, std::nullopt));
  NoteNewest(run);
  const std::string id = run.id;
  Enqueue(std::move(run));
  return id;
}

Result<std::vector<std::string>> JobDesk::Backfill(std::string_view job, WallTime from, WallTime to) {
  const config::JobSpec* spec = Find(job);
  if (spec == nullptr) return Fail(Error::NotFound("there is no job " + std::string(job)));
  if (!spec->schedule) return Fail(Error::Invalid("the job " + std::string(job) + " has no schedule, and so no due times to go through"));
  const auto due_times = spec->schedule->Between(from, to, kBackfillRunsMax + 1);
  if (due_times.empty()) return Fail(Error::Invalid("the job is never due between these times"));
  if (due_times.size() > kBackfillRunsMax) return Fail(Error::Invalid(fmt::format("there are more than {} due times between these: take them in parts", kBackfillRunsMax)));
  const std::lock_guard lock(mutex_);
  if (WaitingOf(job, true) + due_times.size() > kBackfillRunsMax) {
    return Fail(Error::Exhausted(fmt::format("{} runs of it wait already, and there is room for {}", WaitingOf(job, true), kBackfillRunsMax)));
  }
  const std::string suffix = ManualSuffix();
  std::vector<JobRun> runs;
  std::vector<std::string> ids;
  for (const WallTime due : due_times) {
    runs.push_back(NewRun(*spec, due, RunTrigger::kBackfill));
    runs.back().id += suffix;
    ids.push_back(runs.back().id);
  }
  TR_RETURN_IF_ERROR(store_.Add(job, runs, std::nullopt));
  for (JobRun& run : runs) {
    NoteNewest(run);
    Enqueue(std::move(run));
  }
  return ids;
}

size_t JobDesk::Waiting(std::string_view job) {
  const std::lock_guard lock(mutex_);
  return WaitingOf(job, true);
}

std::vector<JobView> JobDesk::Jobs() {
  const auto newest = Newest();
  const std::lock_guard lock(mutex_);
  std::vector<JobView> views;
  for (const config::JobSpec& job : pipeline_.jobs) {
    JobView view;
    view.spec = &job;
    if (const auto last = newest.find(job.name); last != newest.end()) view.last = last->second;
    if (job.schedule) view.next = job.schedule->Next(handled_[job.name]);
    view.waiting = WaitingOf(job.name, true);
    view.running = running_.contains(job.name);
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace tailrace::engine
