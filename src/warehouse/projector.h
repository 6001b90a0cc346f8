// Documents from batches: the SELECTs of collections, run over a batch in an instance of their own, so that they
// neither wait for commits nor hold them up.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"
#include "sql/batch_function.h"
#include "sql/duckdb.h"
#include "warehouse/stream_batch.h"
#include "warehouse/table_store.h"

namespace tailrace::warehouse {

// Threads: one. Ownership: borrows the streams.
class Projector {
 public:
  static Result<std::unique_ptr<Projector>> Open(const Streams& streams, const std::vector<ProjectionPlan>& plans,
                                                 size_t memory_bytes_max);  // 0: DuckDB's own default

  Result<std::vector<ProjectedDocument>> Project(std::string_view collection, const StreamBatch& batch, const Trial& trial,
                                                 RowRange* suspects);

 private:
  struct Projection {
    std::string stream;
    std::string sql;  // with the marker of the row
  };

  Projector() = default;
  Status Add(const Streams& streams, const ProjectionPlan& plan);

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  std::map<std::string, std::unique_ptr<sql::BatchRelation>, std::less<>> relations_;  // by stream
  std::map<std::string, Projection, std::less<>> projections_;
};

}  // namespace tailrace::warehouse
