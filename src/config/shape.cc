#include "config/shape.h"

#include <algorithm>

#include "config/nearest.h"
#include "config/scalar.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kNotYet = " is not yet in this version";

std::string Words(const std::vector<Choice>& choices) {
  std::string words;
  for (const Choice& choice : choices) {
    if (choice.since == Since::kNow) words += (words.empty() ? "" : ", ") + std::string(choice.word);
  }
  return words;
}

const Choice* FindChoice(const Shape& shape, std::string_view word) {
  const auto found =
      std::find_if(shape.choices.begin(), shape.choices.end(), [&](const Choice& c) { return c.word == word; });
  return found == shape.choices.end() ? nullptr : &*found;
}

const Key* FindKey(const std::vector<Key>& keys, std::string_view name) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

class ShapeCheck {
 public:
  explicit ShapeCheck(Report& report) : report_(report) {}
  void Check(Node& node, const Shape& shape);

 private:
  void CheckText(Node& node, const Shape& shape);
  void CheckInteger(Node& node, const Shape& shape);
  void CheckChoice(Node& node, const Shape& shape);
  void CheckObject(Node& node, const Shape& shape);
  void CheckEntry(const Entry& entry, const Shape& shape, const std::vector<Key>& keys, bool keys_complete);
  void CheckRequired(const Node& node, const std::vector<Key>& keys);
  void CheckNames(Node& node, const Shape& shape);
  void CheckList(Node& node, const Shape& shape);
  void CheckOneOf(Node& node, const Shape& shape);
  void Unexpected(Node& node, const Shape& shape);
  void Refuse(Node& node, std::string message);

  Report& report_;
};

void ShapeCheck::Refuse(Node& node, std::string message) {
  report_.Error(node.begin, std::move(message));
  node.broken = true;
}

void ShapeCheck::Unexpected(Node& node, const Shape& shape) {
  std::string found(FormOf(node));
  if (node.kind == NodeKind::kScalar && !node.null()) found += " " + Quoted(node.shown());
  Refuse(node, "expected " + Expectation(shape) + ", found " + found);
}

void ShapeCheck::Check(Node& node, const Shape& shape) {
  if (node.broken || (shape.nullable && node.null())) return;
  switch (shape.kind) {
    case ShapeKind::kAny:
      return;
    case ShapeKind::kText:
      return CheckText(node, shape);
    case ShapeKind::kInteger:
      return CheckInteger(node, shape);
    case ShapeKind::kNumber:
      if (const auto number = ReadNumber(node); !number || *number < static_cast<double>(shape.min))
        Unexpected(node, shape);
      return;
    case ShapeKind::kBool:
      if (!ReadBool(node)) Unexpected(node, shape);
      return;
    case ShapeKind::kChoice:
      return CheckChoice(node, shape);
    case ShapeKind::kObject:
      return CheckObject(node, shape);
    case ShapeKind::kNames:
      return CheckNames(node, shape);
    case ShapeKind::kList:
      return CheckList(node, shape);
    case ShapeKind::kOneOf:
      return CheckOneOf(node, shape);
  }
}

void ShapeCheck::CheckText(Node& node, const Shape& shape) {
  if (node.kind != NodeKind::kScalar || TypeOf(node) == ScalarType::kNull) return Unexpected(node, shape);
  if (shape.accepts == nullptr) return;
  const bool is_of_type = TypeOf(node) == ScalarType::kText || (shape.or_integer && TypeOf(node) == ScalarType::kInteger);
  if (!is_of_type || !shape.accepts(node.text)) Unexpected(node, shape);
}

void ShapeCheck::CheckInteger(Node& node, const Shape& shape) {
  const auto integer = ReadInteger(node);
  if (!integer || *integer < shape.min || *integer > shape.max) Unexpected(node, shape);
}

void ShapeCheck::CheckChoice(Node& node, const Shape& shape) {
  if (node.kind != NodeKind::kScalar || TypeOf(node) != ScalarType::kText) return Unexpected(node, shape);
  const Choice* choice = FindChoice(shape, node.text);
  if (choice != nullptr && choice->since == Since::kNow) return;
  if (choice != nullptr) return Refuse(node, Quoted(node.shown()) + std::string(kNotYet));
  std::vector<std::string> words;
  for (const Choice& known : shape.choices) {
    if (known.since == Since::kNow) words.emplace_back(known.word);
  }
  // Which there are is said already.
  const std::string hint = node.replacements.empty() && words.size() > 1 ? Suggestion(node.text, words) : "";
  Refuse(node, "expected " + Expectation(shape) + ", found " + Quoted(node.shown()) + (hint.starts_with(" (did") ? hint : ""));
}

void ShapeCheck::CheckObject(Node& node, const Shape& shape) {
  if (node.kind != NodeKind::kMapping) return Unexpected(node, shape);
  if (!shape.discriminator.empty()) {
    Node* word = node.Value(shape.discriminator);
    if (word != nullptr && !word->broken && !word->replacements.empty()) {
      Refuse(*word, Quoted(shape.discriminator) + " decides which keys belong here, so it cannot come from ${...}");
    }
  }
  const std::vector<Key> keys = KeysOf(shape, node);
  const bool keys_complete = !keys.empty() || shape.keys.empty();
  if (!keys_complete) {
    // Without its word nobody knows which keys belong here.
    for (const Entry& entry : node.entries) CheckEntry(entry, shape, shape.keys, false);
    CheckRequired(node, shape.keys);
    node.broken = true;
    return;
  }
  for (const Entry& entry : node.entries) CheckEntry(entry, shape, keys, true);
  CheckRequired(node, keys);
}

void ShapeCheck::CheckEntry(const Entry& entry, const Shape& shape, const std::vector<Key>& keys, bool keys_complete) {
  const std::string& name = entry.key->text;
  if (const Key* key = FindKey(keys, name)) {
    if (key->since == Since::kNow) return Check(*entry.value, *key->shape);
    report_.Error(entry.key->begin, Quoted(name) + std::string(kNotYet) +
                                        (key->later_help.empty() ? "" : ": " + std::string(key->later_help)));
    entry.value->broken = true;
    return;
  }
  if (shape.others != nullptr) return Check(*entry.value, *shape.others);
  entry.value->broken = true;
  if (!keys_complete) return;
  if (shape.others_later) {
    report_.Error(entry.key->begin, Quoted(name) + std::string(kNotYet));
    return;
  }
  std::vector<std::string> names;
  for (const Key& key : keys) {
    if (key.since == Since::kNow) names.emplace_back(key.name);
  }
  const bool merge = name == "<<";
  report_.Error(entry.key->begin,
                "unknown key " + Quoted(name) + (merge ? " (YAML 1.2 has no merge keys)" : Suggestion(name, names)));
}

void ShapeCheck::CheckRequired(const Node& node, const std::vector<Key>& keys) {
  if (node.partial || node.Find("<<") != nullptr)
    return;  // told; what should be here is not missing for another reason
  for (const Key& key : keys) {
    if (!key.required || node.Find(key.name) != nullptr) continue;
    // A mistyped key has been told; that it is missing too is no news.
    const std::vector<std::string> name = {std::string(key.name)};
    const bool mistyped = std::any_of(node.entries.begin(), node.entries.end(), [&](const Entry& entry) {
      return FindKey(keys, entry.key->text) == nullptr && Suggestion(entry.key->text, name).starts_with(" (did");
    });
    if (!mistyped) report_.Error(node.begin, Quoted(key.name) + " is missing: " + std::string(key.help));
  }
}

void ShapeCheck::CheckNames(Node& node, const Shape& shape) {
  if (node.kind != NodeKind::kMapping) return Unexpected(node, shape);
  if (node.entries.size() < shape.count_min) return Unexpected(node, shape);
  for (const Entry& entry : node.entries) {
    if (shape.names_are_identifiers && !IsIdentifier(entry.key->text)) {
      report_.Error(entry.key->begin,
                    Quoted(entry.key->shown()) + " is no name: letters, digits and _, not beginning with a digit");
      entry.key->broken = true;
    }
    Check(*entry.value, *shape.element);
  }
}

void ShapeCheck::CheckList(Node& node, const Shape& shape) {
  if (node.kind != NodeKind::kSequence) return Unexpected(node, shape);
  const bool too_long = shape.count_max != 0 && node.items.size() > shape.count_max;
  if (node.items.size() < shape.count_min || too_long) {
    return Refuse(node, "expected " + Expectation(shape) + ", found a list of " + std::to_string(node.items.size()));
  }
  for (Node* item : node.items) Check(*item, *shape.element);
}

void ShapeCheck::CheckOneOf(Node& node, const Shape& shape) {
  const bool may_be_null =
      std::any_of(shape.alternatives.begin(), shape.alternatives.end(), [](const Shape* s) { return s->nullable; });
  if (may_be_null && node.null()) return;
  for (const Shape* alternative : shape.alternatives) {
    const bool mapping = alternative->kind == ShapeKind::kObject || alternative->kind == ShapeKind::kNames;
    const bool list = alternative->kind == ShapeKind::kList;
    const NodeKind form = mapping ? NodeKind::kMapping : list ? NodeKind::kSequence : NodeKind::kScalar;
    if (node.kind == form && !node.null()) return Check(node, *alternative);
  }
  Unexpected(node, shape);
}

}  // namespace

bool IsIdentifier(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::vector<Key> KeysOf(const Shape& shape, const Node& node) {
  if (shape.discriminator.empty()) return shape.keys;
  const Key* key = FindKey(shape.keys, shape.discriminator);
  const Node* word = node.Value(shape.discriminator);
  if (key == nullptr || word == nullptr || word->broken) return {};
  const Choice* choice = FindChoice(*key->shape, word->text);
  if (choice == nullptr || choice->object == nullptr) return {};
  std::vector<Key> keys = shape.keys;
  keys.insert(keys.end(), choice->object->keys.begin(), choice->object->keys.end());
  return keys;
}

std::string Expectation(const Shape& shape) {
  if (!shape.expects.empty()) return std::string(shape.expects);
  switch (shape.kind) {
    case ShapeKind::kAny:
      return "a value";
    case ShapeKind::kText:
      return "a text";
    case ShapeKind::kInteger:
      return "an integer from " + std::to_string(shape.min) + " to " + std::to_string(shape.max);
    case ShapeKind::kNumber:
      return "a number, at least " + std::to_string(shape.min);
    case ShapeKind::kBool:
      return "true or false";
    case ShapeKind::kChoice:
      return Words(shape.choices).find(',') == std::string::npos ? Words(shape.choices)
                                                                 : "one of " + Words(shape.choices);
    case ShapeKind::kObject:
      return "a mapping";
    case ShapeKind::kNames:
      return "a mapping of names";
    case ShapeKind::kList:
      return "a list";
    case ShapeKind::kOneOf:
      break;
  }
  return "something else";
}

void CheckShape(Node& node, const Shape& shape, Report& report) { ShapeCheck(report).Check(node, shape); }

}  // namespace tailrace::config
