// Rebuilds that somebody asks a running server for.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "config/spec.h"
#include "engine/engine.h"
#include "server/services.h"

namespace tailrace::app {

// Threads: thread-safe; RequestStop and Join from the thread that stops the program. Ownership: borrows the engine and the pipeline.
class RebuildDesk final : public server::Rebuilds {
 public:
  RebuildDesk(const config::Pipeline& pipeline, engine::Engine& engine);
  ~RebuildDesk() override;

  Status Reserve(const server::RebuildRequest& request) override;
  void Start(const server::RebuildRequest& request, std::shared_ptr<server::RebuildWatcher> watcher, std::stop_token gone) override;

  // Tells a rebuild that runs to stop, and takes no more.
  void RequestStop();
  // Waits for its end; the engine must be stopping. Twice is fine.
  void Join();

 private:
  struct Job {
    server::RebuildRequest request;
    std::shared_ptr<server::RebuildWatcher> watcher;
    std::stop_token gone;
  };
  void Work(const std::stop_token& stop);
  void Run(const Job& job, const std::stop_token& stop);

  const config::Pipeline& pipeline_;
  engine::Engine& engine_;
  std::mutex mutex_;
  std::condition_variable_any handed_;
  bool taken_ = false;      // protected by mutex_
  std::optional<Job> job_;  // protected by mutex_
  std::jthread thread_;
};

}  // namespace tailrace::app
