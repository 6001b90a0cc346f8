#include "config/reading.h"

#include <filesystem>

#include "config/nearest.h"
#include "config/scalar.h"
#include "config/scalar_origin.h"

namespace tailrace::config {

std::string Reading::Absolute(std::string_view path) const {
  return (std::filesystem::path(folder) / std::filesystem::path(std::string(path))).lexically_normal().string();
}

std::vector<Entry> EntriesOf(const Node& root, std::string_view section, Reading& reading) {
  const Node* node = root.kind == NodeKind::kMapping ? root.Value(section) : nullptr;
  if (node == nullptr || node->null()) return {};
  if (node->broken || node->kind != NodeKind::kMapping) {
    reading.catalog.SetIncomplete();
    return {};
  }
  std::vector<Entry> entries;
  for (const Entry& entry : node->entries) {
    if (entry.key->broken) continue;
    if (entry.key->text.size() > kNameBytesMax) {
      reading.report.Error(entry.key->begin, "a name has at most " + std::to_string(kNameBytesMax) + " letters");
      continue;
    }
    if (entries.size() == kEntriesMax) {
      reading.report.Error(entry.key->begin, "more than " + std::to_string(kEntriesMax) + " " + std::string(section));
      break;
    }
    entries.push_back(entry);
  }
  return entries;
}

const Node* Find(const Node& mapping, std::string_view key) {
  if (mapping.kind != NodeKind::kMapping) return nullptr;
  const Node* value = mapping.Value(key);
  return value == nullptr || value->broken || value->null() ? nullptr : value;
}

std::string TextOr(const Node& mapping, std::string_view key, std::string_view fallback) {
  const Node* value = Find(mapping, key);
  return std::string(value == nullptr ? fallback : value->text);
}

bool BoolOr(const Node& mapping, std::string_view key, bool fallback) {
  const Node* value = Find(mapping, key);
  return value == nullptr ? fallback : ReadBool(*value).value_or(fallback);
}

int64_t IntegerOr(const Node& mapping, std::string_view key, int64_t fallback) {
  const Node* value = Find(mapping, key);
  return value == nullptr ? fallback : ReadInteger(*value).value_or(fallback);
}

std::vector<std::string> TextsOf(const Node& mapping, std::string_view key) {
  std::vector<std::string> texts;
  const Node* list = Find(mapping, key);
  if (list == nullptr) return texts;
  for (const Node* item : list->items) {
    if (!item->broken) texts.push_back(item->text);
  }
  return texts;
}

SqlText ReadSql(const Entry& entry, std::string_view section, Reading& reading) {
  const Node* found = Find(*entry.value, "sql");
  if (found == nullptr) return {};
  return ReadSqlNode(*found, entry, std::string(section) + "." + entry.key->text, reading);
}

SqlText ReadSqlNode(const Node& node, const Entry& owner, const std::string& name, Reading& reading) {
  const ScalarOrigin origin(node, reading.report.source());
  const auto place = [&](size_t offset) { return reading.report.source().PlaceAt(origin.FileOffset(offset)); };
  SqlText sql;
  sql.text = node.text;
  sql.place = place(0);
  sql.line_places.push_back(sql.place);
  for (size_t i = sql.text.find('\n'); i != std::string::npos && i + 1 < sql.text.size();
       i = sql.text.find('\n', i + 1)) {
    const size_t content = sql.text.find_first_not_of(" \t", i + 1);
    sql.line_places.push_back(place(content == std::string::npos ? i + 1 : content));
  }
  reading.sql[name] = {&node, owner.key, owner.value};
  return sql;
}

std::optional<FileFormat> FormatOf(const Node& mapping, std::string_view path) {
  const std::string format = TextOr(mapping, "format", "");
  // Of data.csv.gz that of what is packed.
  std::filesystem::path file(path);
  if (file.extension() == ".gz" || file.extension() == ".zst") file = file.stem();
  const std::string ending = format.empty() ? Folded(file.extension().string()) : "";
  if (format == "csv" || ending == ".csv") return FileFormat::kCsv;
  // Documents with records in them: which kind it is tells the name.
  if (format == "json" || ending == ".json" || ending == ".xml") return FileFormat::kJson;
  if (format == "jsonl" || ending == ".jsonl" || ending == ".ndjson") return FileFormat::kJsonl;
  if (format == "parquet" || format == "delta" || ending == ".parquet") return FileFormat::kParquet;
  return std::nullopt;
}

TextEncoding EncodingOf(const Node& mapping) {
  return TextOr(mapping, "encoding", "utf-8") == "latin-1" ? TextEncoding::kLatin1 : TextEncoding::kUtf8;
}

}  // namespace tailrace::config
