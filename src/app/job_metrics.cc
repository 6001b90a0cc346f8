#include "app/job_metrics.h"

#include <algorithm>

namespace tailrace::app {
namespace {

constexpr double kMicrosPerSecond = 1e6;

engine::JobView ViewOf(Jobs& jobs, const std::string& name) {
  const auto views = jobs.desk().Jobs();
  if (!views) return {};
  for (const engine::JobView& view : *views) {
    if (view.spec->name == name) return view;
  }
  return {};
}

}  // namespace

void AddJobMetrics(Metrics& metrics, Jobs& jobs) {
  for (const engine::AlertView& alert : jobs.alerts().Alerts()) {
    metrics.AddCallback("tailrace_alert_firing", "1 while the alert fires.", {{"alert", alert.spec->name}}, [&jobs, name = alert.spec->name] {
      const auto alerts = jobs.alerts().Alerts();
      return std::any_of(alerts.begin(), alerts.end(), [&](const auto& now) { return now.spec->name == name && now.state == "firing"; }) ? 1.0 : 0.0;
    });
  }
  const auto views = jobs.desk().Jobs();
  for (const engine::JobView& job : views ? *views : std::vector<engine::JobView>{}) {
    const std::string& name = job.spec->name;
    metrics.AddCallback("tailrace_job_last_run_failed", "1 when the newest run of the job failed.", {{"job", name}}, [&jobs, name] {
      const auto view = ViewOf(jobs, name);
      return view.last && view.last->state == RunState::kFailed ? 1.0 : 0.0;
    });
    metrics.AddCallback("tailrace_job_last_due_seconds", "The due time of the newest run of the job, in seconds since 1970.", {{"job", name}}, [&jobs, name] {
      const auto view = ViewOf(jobs, name);
      return view.last ? static_cast<double>(view.last->due.micros) / kMicrosPerSecond : 0.0;
    });
    metrics.AddCallback("tailrace_job_runs_waiting", "Runs of the job that wait.", {{"job", name}},
                        [&jobs, name] { return static_cast<double>(ViewOf(jobs, name).waiting); });
  }
}

}  // namespace tailrace::app
