#include "app/job_metrics.h"

#include <algorithm>
#include <optional>

namespace tailrace::app {
namespace {

constexpr double kMicrosPerSecond = 1e6;

std::optional<JobRun> NewestOf(const Jobs& jobs, const std::string& name) {
  const auto newest = jobs.desk().Newest();
  const auto found = newest.find(name);
  return found == newest.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

void AddJobMetrics(Metrics& metrics, Jobs& jobs) {
  for (const engine::AlertView& alert : jobs.alerts().Alerts()) {
    metrics.AddCallback("tailrace_alert_firing", "1 while the alert fires.", {{"alert", alert.spec->name}}, [&jobs, name = alert.spec->name] {
      const auto alerts = jobs.alerts().Alerts();
      return std::any_of(alerts.begin(), alerts.end(), [&](const auto& now) { return now.spec->name == name && now.state == "firing"; }) ? 1.0 : 0.0;
    });
  }
  for (const engine::JobView& job : jobs.desk().Jobs()) {
    const std::string& name = job.spec->name;
    metrics.AddCallback("tailrace_job_last_run_failed", "1 when the newest run of the job failed.", {{"job", name}}, [&jobs, name] {
      const auto run = NewestOf(jobs, name);
      return run && run->state == RunState::kFailed ? 1.0 : 0.0;
    });
    metrics.AddCallback("tailrace_job_last_due_seconds", "The due time of the newest run of the job, in seconds since 1970.", {{"job", name}}, [&jobs, name] {
      const auto run = NewestOf(jobs, name);
      return run ? static_cast<double>(run->due.micros) / kMicrosPerSecond : 0.0;
    });
    metrics.AddCallback("tailrace_job_runs_waiting", "Runs of the job that wait.", {{"job", name}},
                        [&jobs, name] { return static_cast<double>(jobs.desk().Waiting(name)); });
  }
}

}  // namespace tailrace::app
