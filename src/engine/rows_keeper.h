// Keeps the stored rows of streams, in commits as large as what is at hand makes them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/keeper.h"

namespace tailrace::engine {

struct RowsGroupLimits {
  size_t rows = Warehouse::kStoredRowGroup;  // a commit is made as soon as it has so many rows
  size_t bytes_max = size_t{64} << 20;       // or its rows take so much
  std::chrono::milliseconds wait_max{500};   // or the first of them has waited so long
  size_t many = 20'000;                      // so many rows at hand are of a bulk, of which more is on its way:
  std::chrono::milliseconds linger{100};     // it is waited for when nothing is queued,
  std::chrono::milliseconds many_wait_max{1000};  // and longer in all: less than a whole group is written twice, to DuckDB's WAL first
};

// Rows are held while more of them wait in the worker's queue, and committed together with their positions: few as soon as nothing is
// queued, many a moment later (Idle). Of a batch only its rows are held, not its records.
// Threads: the worker's. Durability: what is held is not consumed yet; it comes again from the log.
class RowsKeeper {
 public:
  RowsKeeper(KeeperServices services, RowsGroupLimits limits)
      : services_(std::move(services)),
        limits_(limits),
        standing_("rows", services_.progress, services_.clock, services_.endurance, services_.stopped) {}

  void Take(const WorkItem& item, const std::stop_token& stop);

  // Nothing is queued: commits what need not wait. When to call again, should nothing come; nullopt: not before the next batch.
  // `waited`: nothing has come since the last call.
  std::optional<std::chrono::milliseconds> Idle(bool waited, const std::stop_token& stop);

  // Commits what is held.
  void Flush(const std::stop_token& stop);

  Standing& standing() { return standing_; }

 private:
  struct Part {
    std::shared_ptr<const StreamBatch> rows;
    RowRange range;
  };
  struct Group {
    std::string stream;
    std::vector<Part> parts;  // in the stream's order; the last one may have no rows
    size_t rows = 0;
    size_t bytes = 0;
    Positions positions;      // after it
    std::optional<Offset> letters;
    DecodedBatch::Consumed consumed;
    std::chrono::steady_clock::time_point since;  // of the first part
  };

  // False: the rows of `name` have stopped.
  bool Add(const std::string& name, const DecodedBatch& batch, const std::stop_token& stop);
  void Extend(Group& group, const DecodedBatch& batch, RowRange range) const;
  bool IsFull(const Group& group) const;
  bool Commit(const std::string& name, const std::stop_token& stop);
  Status CommitGroup(const std::string& name, const Group& group);

  KeeperServices services_;
  const RowsGroupLimits limits_;
  Standing standing_;
  std::map<std::string, Group, std::less<>> held_;  // by stream, shadows too
  bool patient_ = true;  // once one has been waited for, the next would be waited for in vain as well
};

}  // namespace tailrace::engine
