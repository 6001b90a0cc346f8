// Jobs and alerts made to run: their store, their steps, their threads.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/file_export.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/alert_desk.h"
#include "engine/engine.h"
#include "engine/job_desk.h"
#include "engine/job_steps.h"
#include "engine/timed_work.h"
#include "ports/job_tables.h"
#include "ports/outbound_http.h"
#include "ports/warehouse.h"

namespace tailrace::app {

// Runs of different jobs at a time.
inline constexpr size_t kJobsAtOnceMax = 4;

struct JobsParts {
  const config::Pipeline& pipeline;
  std::string control_file;
  Clock& clock;
  Warehouse& warehouse;
  JobTables& tables;
  engine::Engine& engine;
  OutboundHttp* http = nullptr;
  engine::PollSourceOnce poll;
  ExportServices exports;
  std::string exports_folder;  // below which exports go; empty: beside the pipeline file
  bool reach_out = true;       // false: messages, requests and programs are left out, as in a test
};

// Threads: Open, Start and Stop from one thread; NextWake and DoDue from any, while it is not started.
class Jobs final : public engine::TimedWork {
 public:
  static Result<std::unique_ptr<Jobs>> Open(JobsParts parts);
  ~Jobs() override;

  // Without it nothing runs but by DoDue.
  void Start();
  // Twice is fine. Runs that are not over wait for the next start.
  void Stop();

  std::optional<WallTime> NextWake() override;
  Status DoDue(const std::stop_token& stop) override;

  engine::JobDesk& desk() { return *desk_; }
  const engine::JobDesk& desk() const { return *desk_; }
  engine::AlertDesk& alerts() { return *alerts_; }

 private:
  explicit Jobs(JobsParts parts);
  Status OpenNotifiers();
  void RunJobs(const std::stop_token& stop);
  void PlanJobs(const std::stop_token& stop);
  void WatchAlerts(const std::stop_token& stop);
  int64_t Changes();
  void WaitUntil(std::optional<WallTime> wake, const std::stop_token& stop);

  const JobsParts parts_;
  std::unique_ptr<OutboundHttp> no_http_;  // in place of parts_.http where nothing may leave
  std::unique_ptr<RunStore> store_;
  engine::Notifiers notifiers_;
  std::unique_ptr<engine::JobSteps> steps_;
  std::unique_ptr<engine::JobDesk> desk_;
  std::unique_ptr<engine::AlertDesk> alerts_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int64_t changes_ = 0;  // protected by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace tailrace::app
