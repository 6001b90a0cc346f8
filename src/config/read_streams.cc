// Streams and their schemas.
#include <algorithm>
#include <array>
#include <set>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/quote_traps.h"
#include "config/reading.h"
#include "config/substitution.h"

namespace tailrace::config {
namespace {

// What queries see beside the fields.
constexpr std::array<std::string_view, 6> kOwnColumns = {"_partition",   "_offset", "_seq",
                                                         "_ingested_at", "_extra",  "_record"};
constexpr std::string_view kAnyName = "*";
constexpr size_t kFieldsMax = 2000;
constexpr int64_t kRetentionMsMin = 1000;

bool ReadFields(const Node& node, std::vector<Field>* fields, Reading& reading);

// `"[string]?"`: the only way to write that a nested type may be null.
bool ReadNestedText(const Node& node, Type* type, Reading& reading) {
  std::string text = node.text;
  const bool nullable = text.ends_with('?');
  if (nullable) text.pop_back();
  const SourceText source(text);
  Report report(source, "");
  Tree tree = ParseYaml(source, YamlLimits{}, report);
  MendCutTexts(tree, report);
  Reading inner{report, reading.folder};
  const bool read = tree.root != nullptr && !report.has_errors() && ReadType(*tree.root, type, inner);
  type->nullable = nullable;
  if (read) return true;
  const std::vector<Diagnostic> told = report.Finish();
  reading.report.Error(node.begin, WithoutValues("the type " + Quoted(node.shown()) + " cannot be read" +
                                                     (told.empty() ? "" : ": " + told.front().message),
                                                 node));
  return false;
}

bool ReadScalarType(const Node& node, Type* type, Reading& reading) {
  std::string error;
  if (ParseScalarType(node.text, type, &error)) return true;
  reading.report.Error(node.begin, WithoutValues(error, node));
  return false;
}

bool ReadMappingType(const Node& node, Type* type, Reading& reading) {
  if (node.entries.size() == 1 && node.entries[0].key->text == kAnyName) {
    type->kind = TypeKind::kMap;
    type->fields.resize(1);
    return ReadType(*node.entries[0].value, &type->fields[0].type, reading);
  }
  type->kind = TypeKind::kStruct;
  return ReadFields(node, &type->fields, reading);
}

bool CheckFieldName(const Node& key, std::map<std::string, std::string>* names, Reading& reading) {
  const std::string& name = key.text;
  if (name == kAnyName) {
    reading.report.Error(key.begin, "\"*\" stands for any name, so no other name may stand beside it");
    return false;
  }
  if (name.empty() || name.size() > kNameBytesMax || name.find('\n') != std::string::npos) {
    reading.report.Error(key.begin,
                         "a field's name has 1 to " + std::to_string(kNameBytesMax) + " letters, on one line");
    return false;
  }
  const auto [first, is_new] = names->emplace(Folded(name), name);
  if (!is_new) {
    reading.report.Error(key.begin, Quoted(name) + " differs only in case from " + Quoted(first->second) +
                                        ", and SQL does not tell them apart");
  }
  return is_new;
}

bool ReadFields(const Node& node, std::vector<Field>* fields, Reading& reading) {
  bool sound = true;
  std::map<std::string, std::string> names;
  if (node.entries.size() > kFieldsMax) {
    reading.report.Error(node.begin, "more than " + std::to_string(kFieldsMax) + " fields");
    return false;
  }
  for (const Entry& entry : node.entries) {
    Field field{entry.key->text, {}};
    if (!CheckFieldName(*entry.key, &names, reading)) sound = false;
    if (!ReadType(*entry.value, &field.type, reading)) sound = false;
    fields->push_back(std::move(field));
  }
  return sound;
}

bool RefuseOwnColumns(const Node& schema, Reading& reading) {
  bool sound = true;
  for (const Entry& entry : schema.entries) {
    if (std::find(kOwnColumns.begin(), kOwnColumns.end(), Folded(entry.key->text)) == kOwnColumns.end()) continue;
    reading.report.Error(entry.key->begin, Quoted(entry.key->text) + " is a column that every stream has of its own");
    sound = false;
  }
  return sound;
}

UnknownFields UnknownFieldsOf(const Node& stream) {
  const std::string word = TextOr(stream, "unknown_fields", "reject");
  return word == "keep" ? UnknownFields::kKeep : word == "drop" ? UnknownFields::kDrop : UnknownFields::kReject;
}

void CheckKey(const Node& key, const Schema& schema, Reading& reading) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields) names.push_back(field.name);
  const int index = schema.FieldIndex(key.text);
  if (index < 0) {
    reading.report.Error(key.begin, "the schema has no field " + Quoted(key.shown()) + SuggestionFor(key, names));
    return;
  }
  const Type& type = schema.fields[static_cast<size_t>(index)].type;
  const bool nested = type.kind == TypeKind::kStruct || type.kind == TypeKind::kList || type.kind == TypeKind::kMap;
  if (nested || type.kind == TypeKind::kJson) {
    reading.report.Error(key.begin, "a key is a single value, and " + Quoted(key.shown()) + " is " + TypeText(type));
  } else if (type.nullable) {
    reading.report.Warning(key.begin,
                           "records without " + Quoted(key.shown()) + " have no key: they go round robin, in no order");
  }
}

void ReadRetention(const Node& node, StreamSpec* stream, Reading& reading) {
  const int64_t milliseconds = ParseDuration(node.text).value_or(0);
  if (milliseconds < kRetentionMsMin) {
    reading.report.Error(node.begin, "expected a duration of at least " + DurationText(kRetentionMsMin) + ", found " + Quoted(node.shown()));
    return;
  }
  stream->retention = std::chrono::milliseconds(milliseconds);
}

class Aliases {
 public:
  void Read(const Node& stream, StreamSpec* spec, Reading& reading) {
    const Node* list = Find(stream, "aliases");
    if (list == nullptr) return;
    for (const Node* item : list->items) {
      if (item->broken) continue;
      if (!taken_.insert(item->text).second) {
        reading.report.Error(item->begin, "the alias " + Quoted(item->shown()) + " is taken");
        continue;
      }
      spec->aliases.push_back(item->text);
      nodes_.push_back(item);
    }
  }

  // Once all streams are known: an alias must not be the name of another.
  void CheckAgainstNames(Reading& reading) const {
    for (const Node* item : nodes_) {
      const Relation* relation = reading.catalog.Find(item->text);
      if (relation == nullptr || relation->kind != RelationKind::kStream) continue;
      reading.report.Error(item->begin, "the alias " + Quoted(item->shown()) + " is the name of a stream");
    }
  }

 private:
  std::set<std::string> taken_;
  std::vector<const Node*> nodes_;
};

void ReadRejectLimit(const Node& body, StreamSpec* stream, Reading& reading) {
  stream->max_rejects = ParseRejectLimit(TextOr(body, "max_rejects", ""));
  if (stream->max_rejects) stream->max_rejects->pauses = TextOr(body, "on_rejects", "alarm") == "pause";
  const Node* without_limit = Find(body, "max_rejects") == nullptr ? Find(body, "on_rejects") : nullptr;
  if (without_limit != nullptr) reading.report.Error(without_limit->begin, "on_rejects says what happens beyond max_rejects, which is missing");
}

}  // namespace

bool ReadType(const Node& node, Type* type, Reading& reading) {
  if (node.broken) return false;
  switch (node.kind) {
    case NodeKind::kScalar: {
      const bool nested = node.text.starts_with('[') || node.text.starts_with('{');
      return nested ? ReadNestedText(node, type, reading) : ReadScalarType(node, type, reading);
    }
    case NodeKind::kSequence:
      type->kind = TypeKind::kList;
      type->fields.resize(1);
      if (node.items.size() == 1) return ReadType(*node.items[0], &type->fields[0].type, reading);
      break;
    case NodeKind::kMapping:
      if (!node.entries.empty()) return ReadMappingType(node, type, reading);
      break;
  }
  reading.report.Error(node.begin, "a list or a mapping of a type holds at least one type");
  return false;
}

void ReadStreams(const Node& root, Reading& reading) {
  Aliases aliases;
  for (const Entry& entry : EntriesOf(root, "streams", reading)) {
    const Node& body = *entry.value;
    StreamSpec stream;
    stream.name = entry.key->text;
    stream.place = reading.PlaceOf(*entry.key);
    stream.partitions = static_cast<int32_t>(IntegerOr(body, "partitions", 1));
    stream.store = BoolOr(body, "store", true);
    stream.quarantine = BoolOr(body, "quarantine", true);
    if (const Node* retention = Find(body, "retention")) ReadRetention(*retention, &stream, reading);
    stream.schema.unknown_fields = UnknownFieldsOf(body);
    ReadRejectLimit(body, &stream, reading);
    const Node* schema = Find(body, "schema");
    bool sound = schema != nullptr && ReadFields(*schema, &stream.schema.fields, reading);
    if (schema != nullptr && !RefuseOwnColumns(*schema, reading)) sound = false;
    if (const Node* key = Find(body, "key")) {
      stream.key = key->text;
      if (schema != nullptr) CheckKey(*key, stream.schema, reading);
    }
    aliases.Read(body, &stream, reading);
    if (!reading.catalog.Add({stream.name, RelationKind::kStream, entry.key, !sound}, reading.report)) continue;
    reading.pipeline.streams.push_back(std::move(stream));
  }
  aliases.CheckAgainstNames(reading);
}

}  // namespace tailrace::config
