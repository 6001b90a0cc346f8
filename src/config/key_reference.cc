// The table of every key in docs/pipeline-file.md, made from the key table.
#include "config/key_table.h"

namespace tailrace::config {
namespace {

void AppendKeys(const std::vector<Key>& keys, const std::string& prefix, std::string& text);

// The keys below a key: of a mapping, of the elements of a list, of what names stand for.
void AppendBelow(const Shape& shape, const std::string& path, std::string& text) {
  switch (shape.kind) {
    case ShapeKind::kObject:
      return AppendKeys(shape.keys, path + ".", text);
    case ShapeKind::kList:
      return AppendBelow(*shape.element, path + "[]", text);
    case ShapeKind::kNames:
      return AppendBelow(*shape.element, path + ".NAME", text);
    case ShapeKind::kOneOf:
      if (!shape.definition.empty()) return;
      for (const Shape* alternative : shape.alternatives) AppendBelow(*alternative, path, text);
      return;
    default:
      return;
  }
}

void AppendChoices(const Shape& shape, const std::string& path, std::string& text) {
  const std::string parent = path.substr(0, path.rfind('.') + 1);
  for (const Choice& choice : shape.choices) {
    text += "| | `" + std::string(choice.word) + "` | " + std::string(choice.help) +
            (choice.since == Since::kLater ? "; not yet in this version" : "") + " |\n";
    if (choice.object != nullptr) AppendKeys(choice.object->keys, parent, text);
  }
}

void AppendKeys(const std::vector<Key>& keys, const std::string& prefix, std::string& text) {
  for (const Key& key : keys) {
    const std::string path = prefix + std::string(key.name);
    if (key.since == Since::kLater) {
      text += "| `" + path + "` | not yet in this version | " + std::string(key.help) + " |\n";
      continue;
    }
    std::string value = Expectation(*key.shape);
    if (key.required) value += "; required";
    if (!key.default_text.empty()) value += "; default `" + std::string(key.default_text) + "`";
    text += "| `" + path + "` | " + value + " | " + std::string(key.help) + " |\n";
    if (key.shape->kind == ShapeKind::kChoice) AppendChoices(*key.shape, path, text);
    AppendBelow(*key.shape, path, text);
  }
}

}  // namespace

std::string KeyReference() {
  std::string text = "| key | value | meaning |\n|---|---|---|\n";
  AppendKeys(PipelineShape().keys, "", text);
  return text;
}

}  // namespace tailrace::config
