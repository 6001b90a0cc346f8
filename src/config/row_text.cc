#include "config/row_text.h"

#include "config/scalar.h"
#include "model/json_text.h"

namespace tailrace::config {
namespace {

std::string JsonString(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

std::string ScalarByLook(const Node& node) {
  switch (TypeOf(node)) {
    case ScalarType::kNull:
      return "null";
    case ScalarType::kBool:
      return *ReadBool(node) ? "true" : "false";
    case ScalarType::kInteger:
    case ScalarType::kNumber:
      if (const auto number = JsonNumber(node.text)) return *number;
      break;
    case ScalarType::kText:
      break;
  }
  return JsonString(node.text);
}

// A text where only texts belong, whatever it looks like.
std::string ScalarAsText(const Node& node) { return node.null() ? "null" : JsonString(node.text); }

template <typename Render>
std::string Object(const Node& node, const Render& render) {
  std::string json = "{";
  for (const Entry& entry : node.entries) {
    if (json.size() > 1) json += ",";
    AppendJsonString(entry.key->text, &json);
    json += ":" + render(*entry.key, *entry.value);
  }
  return json + "}";
}

template <typename Render>
std::string Array(const Node& node, const Render& render) {
  std::string json = "[";
  for (const Node* item : node.items) json += (json.size() > 1 ? "," : "") + render(*item);
  return json + "]";
}

const Type* FieldType(const Type& type, std::string_view name) {
  if (type.kind == TypeKind::kMap) return &type.fields[0].type;
  if (type.kind != TypeKind::kStruct) return nullptr;
  for (const Field& field : type.fields) {
    if (field.name == name) return &field.type;
  }
  return nullptr;
}

bool IsText(const Type& type) {
  const bool time = type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp;
  return type.kind == TypeKind::kString || (time && type.unit == TimeUnit::kNone);
}

bool IsTextColumn(std::string_view type) {
  return type == "VARCHAR" || type == "DATE" || type == "TIME" || type == "UUID" || type == "BLOB" ||
         type.starts_with("TIMESTAMP") || type.starts_with("INTERVAL") || type.starts_with("ENUM");
}

}  // namespace

std::string JsonByLook(const Node& node) {
  if (node.kind == NodeKind::kMapping)
    return Object(node, [](const Node&, const Node& value) { return JsonByLook(value); });
  if (node.kind == NodeKind::kSequence) return Array(node, [](const Node& item) { return JsonByLook(item); });
  return ScalarByLook(node);
}

std::string JsonByType(const Node& node, const Type& type) {
  switch (node.kind) {
    case NodeKind::kMapping:
      return Object(node, [&](const Node& key, const Node& value) {
        const Type* field = FieldType(type, key.text);
        return field == nullptr ? JsonByLook(value) : JsonByType(value, *field);
      });
    case NodeKind::kSequence:
      return Array(node, [&](const Node& item) {
        return type.kind == TypeKind::kList ? JsonByType(item, type.fields[0].type) : JsonByLook(item);
      });
    case NodeKind::kScalar:
      break;
  }
  return IsText(type) ? ScalarAsText(node) : ScalarByLook(node);
}

std::string JsonByColumn(const Node& node, std::string_view column_type) {
  if (node.kind == NodeKind::kSequence && column_type.ends_with("[]")) {
    return Array(node,
                 [&](const Node& item) { return JsonByColumn(item, column_type.substr(0, column_type.size() - 2)); });
  }
  if (node.kind != NodeKind::kScalar) return JsonByLook(node);
  return IsTextColumn(column_type) ? ScalarAsText(node) : ScalarByLook(node);
}

}  // namespace tailrace::config
