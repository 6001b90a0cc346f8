#include "model/delta_action.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace {
namespace {

constexpr int64_t kNewestReaderVersion = 3;
// Of readers of version 3: what changes nothing for who reads all of a table.
constexpr std::array<std::string_view, 2> kKnownFeatures = {"timestampNtz", "vacuumProtocolCheck"};

// One action, looked into by pointers. A member that is null counts as none: rows of checkpoints have all of them.
class Members {
 public:
  Status Parse(std::string_view json) {
    if (const auto error = document_.Parse(json)) return Fail(Error::Invalid("no action of a Delta log: " + error->reason));
    return {};
  }
  std::optional<std::string_view> Find(std::string_view pointer) const {
    const auto found = document_.Find(pointer);
    return found && *found != "null" ? found : std::nullopt;
  }
  bool Has(std::string_view pointer) const { return Find(pointer).has_value(); }
  std::string Text(std::string_view pointer) const {
    const auto found = Find(pointer);
    return found ? JsonStringValue(*found).value_or("") : "";
  }
  int64_t Number(std::string_view pointer, int64_t otherwise) const {
    const auto found = Find(pointer);
    int64_t number = otherwise;
    if (found) std::from_chars(found->data(), found->data() + found->size(), number);
    return number;
  }
  bool Flag(std::string_view pointer, bool otherwise) const {
    const auto found = Find(pointer);
    return found ? *found == "true" : otherwise;
  }
  Result<std::vector<std::string>> Texts(std::string_view pointer) const {
    std::vector<std::string> texts;
    const auto found = Find(pointer);
    if (!found) return texts;
    TR_TRY(const auto elements, SplitJsonArray(*found));
    for (const JsonPart& element : elements) {
      TR_TRY(std::string text, JsonStringValue(element.text));
      texts.push_back(std::move(text));
    }
    return texts;
  }
  // An object of texts; null is nullopt.
  Result<std::map<std::string, std::optional<std::string>>> TextMap(std::string_view pointer) const {
    std::map<std::string, std::optional<std::string>> map;
    const auto found = Find(pointer);
    if (!found) return map;
    TR_TRY(const auto members, JsonMembers(*found));
    for (const auto& [name, json] : members) {
      if (json == "null") {
        map[name] = std::nullopt;
        continue;
      }
      TR_TRY(map[name], JsonStringValue(json));
    }
    return map;
  }

 private:
  JsonDocument document_;
};

Result<DeltaAddAction> AddOf(const Members& action) {
  DeltaAddAction add;
  add.path = action.Text("/add/path");
  if (add.path.empty()) return Fail(Error::Invalid("an `add` without a path"));
  TR_TRY(add.partition, action.TextMap("/add/partitionValues"));
  TR_TRY(add.tags, action.TextMap("/add/tags"));
  add.bytes = action.Number("/add/size", 0);
  add.modified_ms = action.Number("/add/modificationTime", 0);
  add.data_change = action.Flag("/add/dataChange", true);
  add.has_deletions = action.Has("/add/deletionVector");
  Members stats;
  add.stats = action.Text("/add/stats");
  if (!add.stats.empty() && stats.Parse(add.stats)) add.records = stats.Number("/numRecords", -1);
  return add;
}

Result<std::vector<DeltaColumnSpec>> ColumnsOf(const std::string& schema) {
  Members document;
  TR_RETURN_IF_ERROR(document.Parse(schema));
  const auto fields = document.Find("/fields");
  if (!fields) return Fail(Error::Invalid("a schema without fields"));
  TR_TRY(const auto elements, SplitJsonArray(*fields));
  std::vector<DeltaColumnSpec> columns;
  for (const JsonPart& element : elements) {
    Members field;
    TR_RETURN_IF_ERROR(field.Parse(element.text));
    columns.push_back({field.Text("/name"), field.Text("/type")});
    if (columns.back().name.empty()) return Fail(Error::Invalid("a column without a name"));
  }
  return columns;
}

Result<DeltaTableAction> TableOf(const Members& action) {
  DeltaTableAction table;
  table.id = action.Text("/metaData/id");
  if (table.id.empty()) return Fail(Error::Invalid("a table without an id"));
  table.schema = action.Text("/metaData/schemaString");
  table.created_ms = action.Number("/metaData/createdTime", 0);
  TR_TRY(table.columns, ColumnsOf(table.schema));
  TR_TRY(table.partition_columns, action.Texts("/metaData/partitionColumns"));
  TR_TRY(auto configuration, action.TextMap("/metaData/configuration"));
  for (auto& [name, value] : configuration) table.configuration[name] = value.value_or("");
  return table;
}

}  // namespace

Result<DeltaAction> ParseDeltaAction(std::string_view json) {
  Members members;
  TR_RETURN_IF_ERROR(members.Parse(json));
  DeltaAction action;
  if (members.Has("/add")) {
    TR_TRY(action.add, AddOf(members));
  } else if (members.Has("/remove")) {
    action.remove = DeltaRemoveAction{members.Text("/remove/path"), members.Number("/remove/deletionTimestamp", 0), members.Flag("/remove/dataChange", true)};
    if (action.remove->path.empty()) return Fail(Error::Invalid("a `remove` without a path"));
  } else if (members.Has("/metaData")) {
    TR_TRY(action.table, TableOf(members));
  } else if (members.Has("/protocol")) {
    action.protocol.emplace();
    action.protocol->reader_version = members.Number("/protocol/minReaderVersion", 1);
    action.protocol->writer_version = members.Number("/protocol/minWriterVersion", 1);
    TR_TRY(action.protocol->reader_features, members.Texts("/protocol/readerFeatures"));
  } else if (members.Has("/txn")) {
    action.transaction = DeltaTransactionAction{members.Text("/txn/appId"), members.Number("/txn/version", 0)};
  }
  return action;
}

std::optional<std::string> UnknownDeltaFeature(const DeltaProtocolAction& protocol) {
  if (protocol.reader_version > kNewestReaderVersion) return "reader version " + std::to_string(protocol.reader_version);
  for (const std::string& feature : protocol.reader_features) {
    if (std::find(kKnownFeatures.begin(), kKnownFeatures.end(), feature) == kKnownFeatures.end()) return feature;
  }
  return std::nullopt;
}

std::optional<std::string> UnknownDeltaFeature(const DeltaTableAction& table) {
  const auto mapping = table.configuration.find("delta.columnMapping.mode");
  if (mapping == table.configuration.end() || mapping->second == "none") return std::nullopt;
  return "columnMapping";
}

}  // namespace tailrace
