// The actions of a Delta Lake log as they are read: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Actions".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

// A data file that belongs to the table from here on.
struct DeltaAddAction {
  std::string path;  // as in the action: relative to the table, percent-encoded
  std::map<std::string, std::optional<std::string>> partition;
  int64_t bytes = 0;
  int64_t modified_ms = 0;
  std::string stats;         // JSON text; empty: none
  int64_t records = -1;      // out of its statistics; -1: they do not say
  std::map<std::string, std::optional<std::string>> tags;
  bool data_change = true;   // false: the rows were in the table before
  bool has_deletions = false;  // a deletion vector says which of its rows are no longer there
};

struct DeltaRemoveAction {
  std::string path;
  int64_t time_ms = 0;
  bool data_change = true;
};

struct DeltaColumnSpec {
  std::string name;
  std::string type;  // `long`, `decimal(12,2)`; empty: nested
};

struct DeltaTableAction {
  std::string id;
  std::string schema;  // JSON text, of which `columns` are read
  std::vector<DeltaColumnSpec> columns;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  int64_t created_ms = 0;
};

struct DeltaProtocolAction {
  int64_t reader_version = 1;
  int64_t writer_version = 1;
  std::vector<std::string> reader_features;  // what a reader of version 3 has to know
};

// How far a writer is that commits exactly once.
struct DeltaTransactionAction {
  std::string app;
  int64_t version = 0;
};

// A line of the log, or a row of a checkpoint: at most one of these; none where a reader need not know the action.
struct DeltaAction {
  std::optional<DeltaAddAction> add;
  std::optional<DeltaRemoveAction> remove;
  std::optional<DeltaTableAction> table;
  std::optional<DeltaProtocolAction> protocol;
  std::optional<DeltaTransactionAction> transaction;
};

// kInvalid: no JSON object, or an action without what it must have.
Result<DeltaAction> ParseDeltaAction(std::string_view json);

// What of the table a reader would have to know that this program does not, by its name; nullopt: nothing.
std::optional<std::string> UnknownDeltaFeature(const DeltaProtocolAction& protocol);
std::optional<std::string> UnknownDeltaFeature(const DeltaTableAction& table);

}  // namespace tailrace
