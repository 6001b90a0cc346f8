// Groups of rows that are formed before anybody asks, so that questions with other parameters need not read the rows again.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"

namespace tailrace {

// Groups of rows as of one moment. They are kept, in memory, as long as somebody holds this.
class RollupGroups {
 public:
  virtual ~RollupGroups() = default;

  std::vector<AsOf> as_of;
  std::vector<QueryParameter> fixed;  // the rows are those that these values let in
  int64_t rows = 0;                   // that were grouped
  int64_t groups = 0;
};

// How groups answer one SELECT.
struct Rollup {
  std::string answer_sql;  // with the parameters of the SELECT: what it would have answered at that moment, if it has the values of `fixed`
  std::shared_ptr<const RollupGroups> groups;
};
using RollupPtr = std::shared_ptr<const Rollup>;

struct RollupRequest {
  QueryRequest query;            // trusted; its parameters with any values, but for `fixed`
  int64_t rows_min = 0;          // fewer are read soon enough as they are
  int64_t groups_max = 0;        // more are not formed
  std::set<std::string> fixed;   // parameters that keep their values: their conditions choose rows, and make no groups
  std::vector<RollupPtr> others; // of rows that are at least as new as they must be: their groups serve this SELECT too, if they can
};

// Threads: thread-safe. Ownership: outlives the rollups.
class RollupMaker {
 public:
  virtual ~RollupMaker() = default;

  // Null: the SELECT is of no shape that groups could answer, its rows are too few, or its groups too many or not a tenth of its rows.
  // Errors: as Warehouse::Query. Durability: none; the groups are gone with the process.
  virtual Result<RollupPtr> MakeRollup(const RollupRequest& request, const std::stop_token& stop) = 0;
};

}  // namespace tailrace
