#include "ports/testing/json_value.h"

namespace tailrace::testing {
namespace {

std::string WithoutBlanks(std::string_view json) {
  std::string text;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (in_string && json[i] == '\\') {
      text.append(json.substr(i, 2));
      ++i;
      continue;
    }
    if (json[i] == '"') in_string = !in_string;
    if (in_string || std::string_view(" \t\r\n").find(json[i]) == std::string_view::npos) text.push_back(json[i]);
  }
  return text;
}

// One past the value (or name) that starts at `at`.
size_t EndOfValue(std::string_view text, size_t at) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = at; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (depth == 0 && i > at && (c == ',' || c == ':' || c == '}' || c == ']')) return i;
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
  }
  return text.size();
}

JsonValue ParseCompact(std::string_view text) {
  JsonValue value;
  value.is_object = text.starts_with('{');
  if (!value.is_object) {
    value.text = text;
    return value;
  }
  for (size_t at = 1; text[at] != '}';) {
    size_t name_end = EndOfValue(text, at);
    size_t value_end = EndOfValue(text, name_end + 1);
    std::string name(text.substr(at, name_end - at));
    JsonValue member = ParseCompact(text.substr(name_end + 1, value_end - name_end - 1));
    if (JsonValue* known = value.Find(name)) {
      *known = std::move(member);
    } else {
      value.members.emplace_back(std::move(name), std::move(member));
    }
    at = text[value_end] == ',' ? value_end + 1 : value_end;
  }
  return value;
}

}  // namespace

JsonValue JsonValue::Parse(std::string_view json) { return ParseCompact(WithoutBlanks(json)); }

std::string JsonValue::Text() const {
  if (!is_object) return text;
  std::string all = "{";
  for (const auto& [name, value] : members) {
    if (all.size() > 1) all += ',';
    all += name + ":" + value.Text();
  }
  return all + "}";
}

JsonValue* JsonValue::Find(std::string_view quoted_name) {
  for (auto& [name, value] : members) {
    if (name == quoted_name) return &value;
  }
  return nullptr;
}

JsonValue Merged(MergeMode mode, const JsonValue* document, const JsonValue& change) {
  if (mode == MergeMode::kReplace || !change.is_object) return change;
  JsonValue result;
  result.is_object = true;
  if (document != nullptr && document->is_object) result = *document;
  // Whether an object met for the first time is kept as it is: a patch must still lose its nulls.
  if (mode == MergeMode::kDeep && (document == nullptr || !document->is_object)) return change;
  for (const auto& [name, value] : change.members) {
    if (mode == MergeMode::kPatch && value.text == "null") {
      std::erase_if(result.members, [&name = name](const auto& member) { return member.first == name; });
      continue;
    }
    JsonValue* known = result.Find(name);
    JsonValue merged = mode == MergeMode::kAttributes ? value : Merged(mode, known, value);
    if (known != nullptr) {
      *known = std::move(merged);
    } else {
      result.members.emplace_back(name, std::move(merged));
    }
  }
  return result;
}

}  // namespace tailrace::testing
