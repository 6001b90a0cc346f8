// Backups of a running server, one at a time.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/backup.h"
#include "base/clock.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "ports/event_log.h"
#include "ports/job_tables.h"
#include "server/services.h"
#include "sources/poll_spool.h"

namespace tailrace::app {

// Threads: thread-safe; Stop from one. Ownership: borrows everything, and must end before it.
class LiveBackups final : public server::Backups {
 public:
  LiveBackups(const config::Pipeline& pipeline, std::string data, engine::Engine& engine, EventLog& log,
              const engine::StreamDirectory& streams, JobTables& jobs, std::shared_ptr<PollRest> polls, Clock& clock);
  ~LiveBackups() override;

  Status Start(std::string to, std::function<void(Result<std::string> json)> done) override;
  // The one under way ends, unfinished or whole. Twice is fine.
  void Stop();

 private:
  Result<BackupSummary> Make(const std::string& to, const std::stop_token& stop);
  Status AwaitLetters(const std::stop_token& stop);

  const config::Pipeline& pipeline_;
  const std::string data_;
  engine::Engine& engine_;
  EventLog& log_;
  const engine::StreamDirectory& streams_;
  JobTables& jobs_;
  const std::shared_ptr<PollRest> polls_;
  Clock& clock_;

  std::mutex mutex_;
  bool running_ = false;  // protected by mutex_
  std::jthread thread_;   // protected by mutex_
};

}  // namespace tailrace::app
