// What is kept in the lake.
#include <algorithm>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/reading.h"

namespace tailrace::config {
namespace {

constexpr int64_t kRollBytesMin = int64_t{64} << 10;
constexpr int64_t kRollBytesMax = int64_t{512} << 20;
constexpr int64_t kCommitBytesMin = int64_t{1} << 20;
constexpr int64_t kCommitBytesMax = int64_t{4} << 30;
// Of rolls and commits.
constexpr int64_t kAfterMsMin = 1'000;
constexpr int64_t kAfterMsMax = 86'400'000;

// False, and told: there is no such relation of this kind.
bool IsRelation(const Entry& entry, RelationKind kind, Reading& reading) {
  const Relation* found = reading.catalog.Find(entry.key->text);
  if (found != nullptr && found->kind == kind) return true;
  if (found == nullptr && reading.catalog.incomplete()) return false;
  std::string text = found == nullptr ? "no " + std::string(KindName(kind)) + " " + Quoted(entry.key->shown())
                                      : Quoted(entry.key->shown()) + " is a " + std::string(KindName(found->kind)) + ", and here stands a " +
                                            std::string(KindName(kind));
  if (found == nullptr) text += SuggestionFor(*entry.key, reading.catalog.Names({kind}));
  reading.report.Error(entry.key->begin, text);
  return false;
}

std::optional<int64_t> Within(const Node* node, std::optional<int64_t> (*parse)(std::string_view), std::string (*text)(int64_t), int64_t min,
                              int64_t max, Reading& reading) {
  if (node == nullptr) return std::nullopt;
  const auto value = parse(node->text);
  if (value && *value >= min && *value <= max) return value;
  reading.report.Error(node->begin, "expected " + text(min) + " to " + text(max) + ", found " + Quoted(node->shown()));
  return std::nullopt;
}

void ReadLakeStream(const Entry& entry, Reading& reading) {
  if (!IsRelation(entry, RelationKind::kStream, reading)) return;
  LakeStreamSpec spec;
  spec.stream = entry.key->text;
  spec.place = reading.PlaceOf(*entry.key);
  const Node& body = *entry.value;
  if (const auto bytes = Within(Find(body, "roll_size"), ParseSize, SizeText, kRollBytesMin, kRollBytesMax, reading)) spec.roll_bytes = *bytes;
  if (const auto after = Within(Find(body, "roll_after"), ParseDuration, DurationText, kAfterMsMin, kAfterMsMax, reading)) {
    spec.roll_after = std::chrono::milliseconds(*after);
  }
  reading.pipeline.lake.streams.push_back(std::move(spec));
}

// Whether the columns are there is known once the SQL has been looked at.
void ReadLakeTable(const Entry& entry, Reading& reading) {
  if (!IsRelation(entry, RelationKind::kTable, reading)) return;
  LakeTableSpec spec;
  spec.table = entry.key->text;
  spec.place = reading.PlaceOf(*entry.key);
  const Node& body = *entry.value;
  spec.partition_by = TextsOf(body, "partition_by");
  if (const auto bytes = Within(Find(body, "commit_size"), ParseSize, SizeText, kCommitBytesMin, kCommitBytesMax, reading)) spec.commit_bytes = *bytes;
  if (const auto after = Within(Find(body, "commit_after"), ParseDuration, DurationText, kAfterMsMin, kAfterMsMax, reading)) {
    spec.commit_after = std::chrono::milliseconds(*after);
  }
  reading.pipeline.lake.tables.push_back(std::move(spec));
}

// What leaves the log must be somewhere.
void CheckRetention(const Node& root, const Node* lake, Reading& reading) {
  const Node* streams = Find(root, "streams");
  const Node* kept = lake == nullptr ? nullptr : Find(*lake, "streams");
  if (streams == nullptr || streams->kind != NodeKind::kMapping) return;
  for (const Entry& entry : streams->entries) {
    const Node* retention = Find(*entry.value, "retention");
    if (retention == nullptr) continue;
    if (entry.value->kind != NodeKind::kMapping) continue;
    const bool is_kept = kept != nullptr && std::any_of(kept->entries.begin(), kept->entries.end(),
                                                        [&](const Entry& k) { return k.key->text == entry.key->text; });
    if (is_kept) continue;
    reading.report.Error(retention->begin, "what the log lets go of must be in the lake: add lake: {streams: {" + entry.key->shown() +
                                               ": {raw: jsonl.zst}}}");
  }
}

}  // namespace

void ReadLake(const Node& root, Reading& reading) {
  const Node* lake = Find(root, "lake");
  if (lake != nullptr && lake->kind == NodeKind::kMapping) {
    for (const Entry& entry : EntriesOf(*lake, "streams", reading)) ReadLakeStream(entry, reading);
    for (const Entry& entry : EntriesOf(*lake, "tables", reading)) ReadLakeTable(entry, reading);
  }
  CheckRetention(root, lake, reading);
}

void CheckLakeColumns(const Node& root, Reading& reading) {
  const Node* lake = Find(root, "lake");
  const Node* tables = lake == nullptr ? nullptr : Find(*lake, "tables");
  if (tables == nullptr) return;
  for (const Entry& entry : tables->entries) {
    const auto columns = reading.pipeline.relation_columns.find(entry.key->text);
    const Node* list = Find(*entry.value, "partition_by");
    if (list == nullptr || columns == reading.pipeline.relation_columns.end()) continue;
    std::vector<std::string> names;
    for (const ColumnSpec& column : columns->second) names.push_back(column.name);
    for (const Node* item : list->items) {
      if (item->broken || std::find(names.begin(), names.end(), item->text) != names.end()) continue;
      reading.report.Error(item->begin, "the table has no column " + Quoted(item->shown()) + SuggestionFor(*item, names));
    }
    if (list->items.size() >= names.size()) reading.report.Error(list->begin, "a table needs a column that it is not partitioned by");
  }
}

}  // namespace tailrace::config
