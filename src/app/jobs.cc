#include "app/jobs.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "app/command_step.h"
#include "base/logging.h"
#include "control/run_table.h"
#include "notify/email.h"
#include "notify/webhook.h"

namespace tailrace::app {
namespace {

// The clock of the machine can be set: it is looked at again after so long at the latest.
constexpr std::chrono::milliseconds kLookAgain{1'000};

class NullListener final : public engine::RebuildListener {
  void OnProgress(const engine::RebuildProgress&) override {}
  void OnDifference(const engine::Difference&) override {}
};

// In a test of a pipeline nothing leaves the machine.
class SilentNotifier final : public Notifier {
 public:
  Status Send(const Notification&, std::stop_token) override { return {}; }
};

class SilentHttp final : public OutboundHttp {
 public:
  Result<OutboundAnswer> Send(const OutboundRequest&, const std::stop_token&) override {
    OutboundAnswer answer;
    answer.status = 200;
    return answer;
  }
};

ExportFormat FormatOf(config::ExportStep::Format format) {
  switch (format) {
    case config::ExportStep::Format::kCsv: return ExportFormat::kCsv;
    case config::ExportStep::Format::kJsonl: return ExportFormat::kJsonl;
    case config::ExportStep::Format::kParquet: break;
  }
  return ExportFormat::kParquet;
}

// Where an export goes. Its path is the pipeline file's, but what is filled in may come from anywhere.
Result<std::string> ExportPath(const std::string& to, const JobsParts& parts) {
  namespace fs = std::filesystem;
  const fs::path base = parts.exports_folder.empty() ? fs::path(parts.pipeline.folder) : fs::path(parts.exports_folder);
  const fs::path path(to);
  fs::path whole = (parts.exports_folder.empty() ? base / path : base / path.relative_path()).lexically_normal();
  if (whole.filename().empty()) whole = whole.parent_path();
  const std::string data = fs::path(parts.pipeline.server.data).lexically_normal().string() + "/";
  if ((whole.string() + "/").starts_with(data)) return Fail(Error::Invalid("the data folder is the server's own"));
  return whole.string();
}

engine::ExportFile ExportsOf(const JobsParts& parts) {
  return [&parts](const engine::ExportCall& call, const std::stop_token& stop) -> Result<int64_t> {
    ExportJob job;
    job.sql = call.sql;
    job.trusted = true;
    job.now_micros = call.now.micros;
    TR_TRY(job.to, ExportPath(call.to, parts));
    job.format = FormatOf(call.format);
    job.partition_by = call.partition_by;
    return ExportFiles(parts.exports, job, stop);
  };
}

notify::EmailOptions OptionsOf(const config::EmailSpec& email) {
  notify::EmailOptions options;
  options.host = email.host;
  options.port = email.port;
  options.tls = email.tls;
  options.starttls = email.starttls;
  options.user = email.user;
  options.password = email.password;
  options.ca = email.ca;
  options.from = email.from;
  options.to = email.to;
  return options;
}

}  // namespace

Jobs::Jobs(JobsParts parts) : parts_(std::move(parts)) {}
Jobs::~Jobs() { Stop(); }

Result<std::unique_ptr<Jobs>> Jobs::Open(JobsParts parts) {
  std::unique_ptr<Jobs> jobs(new Jobs(std::move(parts)));
  const JobsParts& with = jobs->parts_;
  TR_TRY(jobs->store_, control::OpenRunTable(with.control_file));
  TR_RETURN_IF_ERROR(jobs->OpenNotifiers());
  if (!with.reach_out) jobs->no_http_ = std::make_unique<SilentHttp>();
  OutboundHttp* http = with.reach_out ? with.http : jobs->no_http_.get();
  engine::JobStepParts step_parts{with.pipeline, with.tables, with.warehouse, jobs->notifiers_, with.clock, http};
  step_parts.rebuild = [engine = &with.engine](const std::string& name, const std::stop_token& stop) -> Status {
    NullListener listener;
    TR_TRY(const auto outcome, engine->Rebuild(name, {}, listener, stop));
    (void)outcome;
    return {};
  };
  step_parts.run_command = [folder = with.pipeline.folder, is_test = !with.reach_out](const std::vector<std::string>& words,
                                                                                     const std::stop_token& stop) -> Result<std::string> {
    if (is_test) return "not run: this is a test";
    return RunCommandStep(words, folder, stop);
  };
  step_parts.export_file = ExportsOf(with);
  step_parts.poll = with.poll;
  jobs->steps_ = std::make_unique<engine::JobSteps>(std::move(step_parts));
  engine::JobSteps* steps = jobs->steps_.get();
  TR_TRY(jobs->desk_, engine::JobDesk::Open(
                          with.pipeline, *jobs->store_, with.clock, SystemRandom(),
                          [steps](const engine::StepCall& call, const std::stop_token& stop) { return steps->Do(call, stop); },
                          [steps](const config::JobSpec& job, const JobRun& run, std::set<std::string>* heard, const std::stop_token& stop) {
                            return steps->TellOfFailure(job, run, heard, stop);
                          }));
  TR_TRY(jobs->alerts_, engine::AlertDesk::Open(with.pipeline, *jobs->store_, with.warehouse, jobs->notifiers_, with.clock));
  jobs->desk_->OnChange([self = jobs.get()] {
    {
      const std::lock_guard lock(self->mutex_);
      ++self->changes_;
    }
    self->changed_.notify_all();
  });
  return jobs;
}

Status Jobs::OpenNotifiers() {
  for (const config::NotifierSpec& spec : parts_.pipeline.notifiers) {
    std::unique_ptr<Notifier>& notifier = notifiers_[spec.name];
    if (!parts_.reach_out) {
      notifier = std::make_unique<SilentNotifier>();
    } else if (const auto* email = std::get_if<config::EmailSpec>(&spec.kind)) {
      notifier = notify::NewEmailNotifier(OptionsOf(*email), parts_.clock, SystemRandom());
    } else if (const auto* webhook = std::get_if<config::WebhookSpec>(&spec.kind)) {
      if (parts_.http == nullptr) return Fail(Error::Internal("no client for webhooks"));
      notify::WebhookOptions options;
      options.url = webhook->url;
      options.allow_private = webhook->allow_private;
      for (const auto& [name, value] : webhook->headers) options.headers.push_back({name, value, true});
      notifier = notify::NewWebhookNotifier(std::move(options), *parts_.http);
    } else {
      notifier = notify::NewLogNotifier();
    }
  }
  return {};
}

void Jobs::Start() {
  if (parts_.pipeline.jobs.empty() && parts_.pipeline.alerts.empty()) return;
  if (!parts_.pipeline.jobs.empty()) threads_.emplace_back([this](const std::stop_token& stop) { PlanJobs(stop); });
  if (!parts_.pipeline.alerts.empty()) threads_.emplace_back([this](const std::stop_token& stop) { WatchAlerts(stop); });
  const size_t runners = std::min(kJobsAtOnceMax, parts_.pipeline.jobs.size());
  for (size_t i = 0; i < runners; ++i) threads_.emplace_back([this](const std::stop_token& stop) { RunJobs(stop); });
}

void Jobs::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

// Sleeps until `wake`, or a look at the clock.
void Jobs::WaitUntil(std::optional<WallTime> wake, const std::stop_token& stop) {
  std::chrono::microseconds wait = kLookAgain;
  if (wake) wait = std::clamp(std::chrono::microseconds(wake->micros - parts_.clock.Now().micros), std::chrono::microseconds(0), wait);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, wait, [] { return false; });
}

int64_t Jobs::Changes() {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void Jobs::RunJobs(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "job");
  while (!stop.stop_requested()) {
    const int64_t before = Changes();
    const auto ran = desk_->RunNext(stop);
    if (!ran) LogError("job not recorded", {{"error", ran.error().message()}});
    if (ran && *ran) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kLookAgain, [this, before] { return changes_ != before; });
  }
}

void Jobs::PlanJobs(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "schedule");
  while (!stop.stop_requested()) {
    const Status planned = desk_->PlanDue();
    if (!planned) LogError("due times are not recorded", {{"error", planned.error().message()}});
    WaitUntil(planned ? desk_->NextDue() : std::nullopt, stop);
  }
}

// On a thread of its own: a mail server that does not answer holds up no job.
void Jobs::WatchAlerts(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "alerts");
  while (!stop.stop_requested()) {
    const Status looked = alerts_->LookDue(stop);
    if (!looked) LogError("alerts are not looked at", {{"error", looked.error().message()}});
    WaitUntil(looked ? alerts_->NextWake() : std::nullopt, stop);
  }
}

std::optional<WallTime> Jobs::NextWake() {
  const auto job = desk_->NextWake();
  const auto alert = alerts_->NextWake();
  return !job || (alert && *alert < *job) ? alert : job;
}

Status Jobs::DoDue(const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(desk_->PlanDue());
  while (true) {
    TR_TRY(const bool ran, desk_->RunNext(stop));
    if (!ran) break;
  }
  return alerts_->LookDue(stop);
}

}  // namespace tailrace::app
