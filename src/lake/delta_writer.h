// Keeps the tables of the lake in step with those of the warehouse.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "lake/delta_table.h"
#include "ports/table_lake.h"

namespace tailrace::lake {

// Where a table of the lake is.
struct DeltaStanding {
  std::string table;
  int64_t version = -1;  // -1: nothing is committed
  int64_t files = 0;
};

// Threads:   Flush from any; Start and Stop from one, Stop twice is fine.
// Ownership: borrows the services.
class DeltaWriter final : public TableLake {
 public:
  // How far a table is in the warehouse now; nullopt: it does not go on (it must be rebuilt first).
  using MarkOf = std::function<std::optional<TableMark>(const std::string& table)>;

  // A table whose log is damaged is Trouble, not an error.
  static Result<std::unique_ptr<DeltaWriter>> Open(DeltaServices services, std::vector<DeltaTableOptions> tables, MarkOf mark_of);
  ~DeltaWriter() override;

  void Start();
  void Stop();

  // Commits what there is, whether it is due or not. The first error; the other tables go on.
  Status Flush();

  std::optional<Error> Trouble(std::string_view table) const override;
  Status Check(std::string_view table, const std::stop_token& stop) override;
  // After the last step; returns at once.
  std::vector<DeltaStanding> Standings() const {
    const std::lock_guard lock(standings_mutex_);
    return standings_;
  }

  // Of the tables that could not be written when they were last tried; each is tried again less and less often (Endurance).
  std::vector<Standstill> Troubles() const { return standstills_.All(); }

 private:
  explicit DeltaWriter(Clock& clock) : clock_(clock) {}
  void NoteStandings();
  Status StepAll(bool flush, const std::stop_token& stop);
  void Run(const std::stop_token& stop);
  void Note(const std::string& table, const Status& done);

  Clock& clock_;
  MarkOf mark_of_;
  StandstillBook standstills_{"lake table"};
  mutable std::mutex standings_mutex_;
  std::vector<DeltaStanding> standings_;  // protected by standings_mutex_
  std::mutex step_mutex_;  // held by the one step there is
  std::vector<std::unique_ptr<DeltaTable>> tables_;  // protected by step_mutex_
  mutable std::mutex trouble_mutex_;
  std::map<std::string, Error, std::less<>> trouble_;  // protected by trouble_mutex_
  std::mutex wait_mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace tailrace::lake
