// Tables, views and collections as they are written; what their SQL means is checked later, when all names are known.
#include "config/reading.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kSections[] = {"tables", "views", "collections"};

Merge MergeOf(const Node& body) {
  const std::string word = TextOr(body, "merge", "replace");
  if (word == "attributes") return Merge::kAttributes;
  if (word == "deep") return Merge::kDeep;
  if (word == "patch") return Merge::kPatch;
  return Merge::kReplace;
}

void TellRepeated(const Node& body, std::string_view key, Reading& reading) {
  const Node* list = Find(body, key);
  if (list == nullptr) return;
  std::map<std::string, bool> seen;
  for (const Node* item : list->items) {
    if (!item->broken && seen[Folded(item->text)])
      reading.report.Error(item->begin, Quoted(item->shown()) + " stands here twice");
    seen[Folded(item->text)] = true;
  }
}

void ReadTable(const Entry& entry, Reading& reading) {
  TableSpec table;
  table.name = entry.key->text;
  table.place = reading.PlaceOf(*entry.key);
  table.sql = ReadSql(entry, "tables", reading);
  table.unique = TextsOf(*entry.value, "unique");
  TellRepeated(*entry.value, "unique", reading);
  reading.pipeline.tables.push_back(std::move(table));
}

void ReadView(const Entry& entry, Reading& reading) {
  ViewSpec view;
  view.name = entry.key->text;
  view.place = reading.PlaceOf(*entry.key);
  view.sql = ReadSql(entry, "views", reading);
  reading.pipeline.views.push_back(std::move(view));
}

void ReadCollection(const Entry& entry, Reading& reading) {
  CollectionSpec collection;
  collection.name = entry.key->text;
  collection.place = reading.PlaceOf(*entry.key);
  collection.sql = ReadSql(entry, "collections", reading);
  collection.merge = MergeOf(*entry.value);
  collection.index = TextsOf(*entry.value, "index");
  TellRepeated(*entry.value, "index", reading);
  reading.pipeline.collections.push_back(std::move(collection));
}

void ReadSection(const Node& root, std::string_view section, RelationKind kind, Reading& reading) {
  for (const Entry& entry : EntriesOf(root, section, reading)) {
    const bool usable = !entry.value->broken && Find(*entry.value, "sql") != nullptr;
    if (!reading.catalog.Add({entry.key->text, kind, entry.key, !usable}, reading.report) || !usable) continue;
    if (kind == RelationKind::kTable)
      ReadTable(entry, reading);
    else if (kind == RelationKind::kView)
      ReadView(entry, reading);
    else
      ReadCollection(entry, reading);
  }
}

}  // namespace

void ReadRelations(const Node& root, Reading& reading) {
  ReadSection(root, kSections[0], RelationKind::kTable, reading);
  ReadSection(root, kSections[1], RelationKind::kView, reading);
  ReadSection(root, kSections[2], RelationKind::kCollection, reading);
}

}  // namespace tailrace::config
