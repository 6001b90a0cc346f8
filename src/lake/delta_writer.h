// Keeps the tables of the lake in step with those of the warehouse.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "lake/delta_table.h"

namespace tailrace::lake {

// Threads:   Flush from any; Start and Stop from one, Stop twice is fine.
// Ownership: borrows the services.
class DeltaWriter {
 public:
  // How far a table is in the warehouse now; nullopt: it does not go on (it must be rebuilt first).
  using MarkOf = std::function<std::optional<TableMark>(const std::string& table)>;

  static Result<std::unique_ptr<DeltaWriter>> Open(DeltaServices services, std::vector<DeltaTableOptions> tables, MarkOf mark_of);
  ~DeltaWriter();

  void Start();
  void Stop();

  // Commits what there is, whether it is due or not. The first error; the other tables go on.
  Status Flush();

 private:
  DeltaWriter() = default;
  Status StepAll(bool flush, const std::stop_token& stop);
  void Run(const std::stop_token& stop);

  MarkOf mark_of_;
  std::mutex step_mutex_;  // held by the one step there is
  std::vector<std::unique_ptr<DeltaTable>> tables_;  // protected by step_mutex_
  std::mutex wait_mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace tailrace::lake
