// A SELECT with aggregates, taken apart into keys, calls, and expressions over both. Only the files of sql/ include
// this header.
#pragma once

#include <string>
#include <vector>

#include "sql/aggregate_state.h"
#include "sql/table_query.h"

namespace tailrace::sql {

struct GroupQuery {
  Json rows;  // a bound SELECT: keys k0, k1, ..., arguments of calls a0, a1, ..., places
  std::vector<Json> keys;
  std::vector<AggregateCall> calls;  // each once
  std::vector<std::string> places;
  Json items;   // the select list over k0, ... and m0, ..., the answers of calls; with the names of the answer
  Json having;  // over the same, or null
};

SqlResult<GroupQuery> TakeApart(const TableQuery& query);

// A bound SELECT of kSeqPlace: the record of each row that is grouped.
SqlResult<Json> GroupedRecords(const TableQuery& query);

}  // namespace tailrace::sql
