// The stored rows of streams: what a stream answers when it is queried by its name.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"
#include "sql/chunk_appender.h"
#include "sql/duckdb.h"
#include "warehouse/catalog.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/stream_batch.h"
#include "warehouse/table_store.h"

namespace tailrace::warehouse {

// Threads: Commit on one thread, the other calls on the engine's table thread, with a connection of that thread: making
// and
//          swapping tables waits for a commit under way.
// Ownership: borrows the connection of its commits, the streams and the options.
class RowStore {
 public:
  RowStore(sql::Connection& connection, const Streams& streams, const DuckDbWarehouseOptions& options)
      : connection_(&connection), streams_(&streams), options_(&options) {}

  // Inside the caller's transaction on `definer`.
  Status Adopt(sql::Connection& definer, const std::vector<StoredMaterialization>& stored);
  std::vector<MaterializationState> States() const;

  CommitResult Commit(const WarehouseCommit& commit);

  bool Has(std::string_view stream) const;
  Status BeginShadow(sql::Connection& definer, std::string_view stream);
  Status FinishShadow(sql::Connection& definer, std::string_view stream, const std::vector<ViewPlan>& views);

 private:
  struct KeptRows {
    std::string stream;
    StoredMaterialization stored;
    bool changed = false;
    std::vector<std::string> reasons;             // why
    std::optional<sql::ChunkAppender> appender;  // made at the first use, and anew after a failure
  };

  Result<KeptRows> Create(sql::Connection& definer, const std::string& name, const StreamInfo& stream);
  Status TakeOver(sql::Connection& definer, const StreamInfo& stream, KeptRows* rows);
  Status FitColumns(sql::Connection& definer, const StreamInfo& stream, const std::string& table);
  Status CommitInTransaction(KeptRows& rows, const WarehouseCommit& commit);
  // What became of the records of the range.
  Result<Flow> Append(KeptRows& rows, const WarehouseCommit& commit);
  Status Fault(FaultPoint point);

  sql::Connection* connection_;
  const Streams* streams_;
  const DuckDbWarehouseOptions* options_;

  mutable std::mutex mutex_;
  std::map<std::string, KeptRows, std::less<>> rows_;  // by stream, shadows too; protected by mutex_
};

}  // namespace tailrace::warehouse
