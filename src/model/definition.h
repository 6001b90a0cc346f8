// What a materialisation was made by, in a text that is kept beside it, and whether another definition would have made
// the same of the same records.
//
// A replay decodes every record of the log again, so it is not enough that a table does not read a field: each record
// must still fit. Drawn in docs/formats/definitions.md.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/schema.h"

namespace tailrace {

struct Definition {
  std::string older;                // the fingerprint that versions before this text kept; one line
  std::string query;                // names all that is not the schema: SQL, views below it, key, merge; one line
  Schema schema;                    // of the stream
  bool reads_all = false;           // SELECT *, or whole rows: every field, in its order
  std::set<std::string> reads;      // names of fields that its SQL may mean, otherwise
};

std::string DefinitionText(const Definition& definition);

// Of a stream's stored rows: all fields and nothing else.
std::string StoredRowsDefinition(const Schema& schema);

struct DefinitionChange {
  bool must_rebuild = false;         // a replay may give something else
  bool columns_change = false;       // of stored rows, which then are made to fit in place
  std::vector<std::string> reasons;  // why it must be rebuilt, for people
};

// Both are texts of DefinitionText; `kept` may be a fingerprint of an older version.
DefinitionChange CompareDefinitions(std::string_view kept, std::string_view wanted);

// The same for stored rows, which take new fields and wider types in place where that equals a replay: a new field that
// may be absent, when no record before could have had it; `?` added; int to double; a decimal with more digits.
DefinitionChange CompareStoredRows(std::string_view kept, std::string_view wanted);

}  // namespace tailrace
