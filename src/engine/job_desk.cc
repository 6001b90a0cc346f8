#include "engine/job_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/logging.h"
#include "engine/deadline.h"
#include "model/times.h"

namespace tailrace::engine {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;
// More than can wait of all jobs together; SQLite's largest.
constexpr size_t kOpenRunsMax = INT64_MAX;
// After an end of a run that could not be noted.
constexpr int64_t kNoteAgainMicros = 30'000'000;
// Between attempts to tell of a failure; doubled for each further one.
constexpr int64_t kTellAgainMicros = 30'000'000;
constexpr int64_t kTellTriesMax = 8;

std::string TimeText(WallTime time) {
  std::string text;
  AppendRfc3339(time.micros, &text);
  return text;
}

// What is behind the `#` of a run asked for by hand, with it; runs that follow from it have it too.
std::string SuffixOf(const std::string& id) {
  const size_t mark = id.find('#');
  return mark == std::string::npos ? "" : id.substr(mark);
}

std::string IdOf(std::string_view job, WallTime due, std::string_view suffix) { return fmt::format("{}@{}{}", job, TimeText(due), suffix); }

std::chrono::milliseconds WaitBefore(const config::RetrySpec& retry, int64_t attempts) {
  auto wait = retry.after;
  for (int64_t i = 1; i < attempts && wait < retry.after_max; ++i) wait *= 2;
  return std::min(wait, retry.after_max);
}

bool IsDone(const JobRun& run, size_t step) { return step < run.steps_done.size() && run.steps_done[step] == '1'; }

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
    RunLogLine line{Now(), "", ""};
    if (Find(run.job) == nullptr) {
      run.state = RunState::kFailed;
      run.reason = line.text = "the pipeline file has no such job any more";
      run.ended_at = Now();
    } else if (was_running && ++run.interruptions > kInterruptionsMax) {
      run.state = RunState::kFailed;
      run.reason = line.text = fmt::format("the server ended {} times during this run", run.interruptions);
      run.ended_at = Now();
      run.told = false;
    } else if (was_running) {
      run.state = RunState::kQueued;
      run.reason = line.text = "the server ended during this run; it goes on with the first step that was not done";
      run.not_before = {};
    }
    if (was_running || run.state == RunState::kFailed) TR_RETURN_IF_ERROR(Keep(run, {line}, {}));
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
  run.id = IdOf(job.name, due, "");
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
  std::set<std::string> held = running_;
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

std::optional<JobRun> JobDesk::TakeReady() {
  const std::lock_guard lock(mutex_);
  const WallTime now = Now();
  // A job's runs keep their order: one that waits for its next attempt holds up those behind it.
  std::set<std::string> held = running_;
  for (auto run = waiting_.begin(); run != waiting_.end(); ++run) {
    if (!held.insert(run->job).second || run->not_before > now) continue;
    JobRun taken = std::move(*run);
    waiting_.erase(run);
    running_.insert(taken.job);
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
  const Status done = Attempt(*run, stop);
  {
    const std::lock_guard lock(mutex_);
    running_.erase(run->job);
    // One whose end could not be noted is gone through again: what it has done is marked.
    if (!done && run->state != RunState::kQueued) {
      run->state = RunState::kQueued;
      run->not_before = {Now().micros + kNoteAgainMicros};
    }
    // In front of those of its job that came later.
    if (run->state == RunState::kQueued) waiting_.insert(waiting_.begin(), *run);
    if (changed_) changed_();
  }
  TR_RETURN_IF_ERROR(done);
  return true;
}

Status JobDesk::Keep(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) {
  TR_RETURN_IF_ERROR(store_.Update(run, lines, followers));
  NoteNewest(run);
  for (const JobRun& follower : followers) NoteNewest(follower);
  return {};
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
  JobRun before = run;
  run.state = RunState::kRunning;
  ++run.attempts;
  run.started_at = Now();
  run.ended_at = {};
  run.steps_done.resize(job.steps.size(), '0');
  run.reason.clear();
  run.told = true;
  const std::string begins = run.attempts > 1 ? fmt::format("attempt {}", run.attempts) : "begins";
  if (Status noted = Keep(run, {{Now(), "", begins}}, {}); !noted) {
    run = std::move(before);
    run.not_before = {Now().micros + kNoteAgainMicros};
    return noted;
  }
  std::vector<RunLogLine> lines;
  bool stopped = false;
  const Status outcome = RunSteps(job, run, lines, stop, &stopped);
  return Conclude(job, run, std::move(lines), outcome, stopped);
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
      TR_RETURN_IF_ERROR(Keep(run, std::exchange(lines, {}), {}));
      continue;
    }
    if (stop.stop_requested()) {
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
  const std::lock_guard concluding(conclude_mutex_);
  std::vector<JobRun> followers;
  const auto queue_again = [&](std::string reason, WallTime not_before) {
    run.state = RunState::kQueued;
    run.reason = std::move(reason);
    run.not_before = not_before;
    lines.push_back({Now(), "", run.reason});
  };
  if (stopped) {
    --run.attempts;
    queue_again("the server was stopped during this run", {});
  } else if (outcome) {
    run.state = RunState::kSucceeded;
    run.ended_at = Now();
    run.reason.clear();
    lines.push_back({Now(), "", "succeeded"});
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
  TR_RETURN_IF_ERROR(Keep(run, lines, followers));
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
    if (name != job) others.ids.insert(others.ids.end(), {IdOf(name, run.due, SuffixOf(run.id)), IdOf(name, run.due, "")});
  }
  if (others.ids.empty()) return true;
  TR_TRY(const auto runs, store_.List(others));
  return std::all_of(follower.after.begin(), follower.after.end(), [&](const std::string& name) {
    return name == job || std::any_of(runs.begin(), runs.end(), [&](const JobRun& other) { return other.job == name; });
  });
}

// Those behind a job that failed or was skipped, and those behind them.
void JobDesk::SkipFollowers(const std::string& job, const JobRun& run, std::vector<JobRun>* skipped) const {
  for (const config::JobSpec& other : pipeline_.jobs) {
    if (std::find(other.after.begin(), other.after.end(), job) == other.after.end()) continue;
    JobRun follower = NewRun(other, run.due, RunTrigger::kAfter);
    follower.id = IdOf(other.name, run.due, SuffixOf(run.id));
    follower.from = run.from;
    follower.state = RunState::kSkipped;
    follower.ended_at = clock_.Now();
    follower.reason = fmt::format("job {} {}", job, job == run.job ? "failed" : "was skipped");
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
    follower.id = IdOf(other.name, run.due, SuffixOf(run.id));
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
