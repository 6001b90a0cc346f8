// The FROM of a table: batches of one stream, record by record, with the place of each row in the stream's order
// carried along. Only the files of sql/ include this header.
#pragma once

#include <string>
#include <vector>

#include "sql/syntax_tree.h"

namespace tailrace::sql {

enum class PlaceNeed {
  kNone,
  kRecord,  // the record's `_seq`; several rows of one record may share it
  kRow,     // unlike that of any other row
};

inline constexpr std::string_view kSeqPlace = "#seq";

struct TableSourceRequest {
  std::string stream;
  std::string batch_relation;               // what is read
  std::vector<std::string> stream_columns;  // what `*` means
  PlaceNeed places = PlaceNeed::kNone;
};

struct TableSource {
  // Columns that order the rows, to be selected beside the others; none for PlaceNeed::kNone.
  std::vector<std::string> places;
  // The name by which the only relation of FROM is known; empty when there are several.
  std::string alias;
};

// Makes the outermost SELECT `node` read the batch relation. Refuses what a table's FROM may not have: other relations,
// the stream twice, and, below the outermost SELECT, whatever is not record by record.
SqlResult<TableSource> BindTableSource(Json& node, const TableSourceRequest& request);

// Whether the expression names `_record`, calls an aggregate, or calls unnest(); not looking into subqueries.
bool NamesRecord(const Json& node);
bool HasAggregate(const Json& expression);
bool HasUnnest(const Json& expression);

}  // namespace tailrace::sql
