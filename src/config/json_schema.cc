// The JSON Schema of the file, made from the key table.
#include <map>
#include <set>

#include "config/key_table.h"
#include "config/load.h"
#include "model/json_text.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kSubstituted = R"({"$ref":"#/$defs/substituted"})";
// A text with ${...} in it: what it will be is known only when it runs.
constexpr std::string_view kSubstitutedDefinition = R"("substituted":{"type":"string","pattern":"\\$\\{"})";

std::string Quote(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

// A JSON object under construction.
class Object {
 public:
  Object& Add(std::string_view key, const std::string& json) {
    body_ += (body_.empty() ? "" : ",") + Quote(key) + ":" + json;
    return *this;
  }
  std::string Text() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

std::string AnyOf(const std::vector<std::string>& schemas) {
  std::string list;
  for (const std::string& schema : schemas) list += (list.empty() ? "" : ",") + schema;
  return Object().Add("anyOf", "[" + list + "]").Text();
}

std::string Merged(const std::string& object, const std::string& more) {
  if (object == "{}") return more;
  return object.substr(0, object.size() - 1) + "," + more.substr(1);
}

class SchemaWriter {
 public:
  std::string Write();

 private:
  std::string Of(const Shape& shape);
  std::string Body(const Shape& shape);
  std::string TextSchema(const Shape& shape) const;
  std::string ChoiceSchema(const Shape& shape) const;
  std::string IntegerSchema(const Shape& shape) const;
  std::string ObjectSchema(const Shape& shape);
  std::string ObjectWithKeys(const Shape& shape, const std::vector<Key>& keys, std::string_view word);
  std::string NamesSchema(const Shape& shape);
  std::string ListSchema(const Shape& shape);

  std::map<std::string, std::string> definitions_;
  std::set<std::string> begun_;
};

// A number or word may also come from ${...}.
std::string OrSubstituted(const std::string& schema) { return AnyOf({schema, std::string(kSubstituted)}); }

std::string SchemaWriter::TextSchema(const Shape& shape) const {
  if (shape.accepts == nullptr) return R"({"type":["string","number","boolean"]})";
  const std::string text = Object().Add("type", R"("string")").Add("pattern", Quote(shape.pattern)).Text();
  if (!shape.or_integer) return OrSubstituted(text);
  return AnyOf({text, Object().Add("type", R"("integer")").Add("minimum", std::to_string(shape.min)).Text(), std::string(kSubstituted)});
}

std::string SchemaWriter::ChoiceSchema(const Shape& shape) const {
  std::string words;
  for (const Choice& choice : shape.choices) {
    if (choice.since == Since::kNow) words += (words.empty() ? "" : ",") + Quote(choice.word);
  }
  return OrSubstituted(Object().Add("enum", "[" + words + "]").Text());
}

std::string SchemaWriter::IntegerSchema(const Shape& shape) const {
  return OrSubstituted(Object()
                           .Add("type", R"("integer")")
                           .Add("minimum", std::to_string(shape.min))
                           .Add("maximum", std::to_string(shape.max))
                           .Text());
}

// `word` fixes the discriminator; empty for an object without one.
std::string SchemaWriter::ObjectWithKeys(const Shape& shape, const std::vector<Key>& keys, std::string_view word) {
  Object properties;
  std::string required;
  for (const Key& key : keys) {
    std::string schema = key.since == Since::kLater ? R"({"not":{}})" : Of(*key.shape);
    if (!word.empty() && key.name == shape.discriminator) schema = Object().Add("const", Quote(word)).Text();
    const std::string help = std::string(key.help) + (key.since == Since::kLater ? " (not yet in this version)" : "");
    Object note;
    note.Add("description", Quote(help));
    if (!key.default_text.empty()) note.Add("default", Quote(key.default_text));
    properties.Add(key.name, Merged(schema, note.Text()));
    if (key.required) required += (required.empty() ? "" : ",") + Quote(key.name);
  }
  Object object;
  object.Add("type", R"("object")").Add("properties", properties.Text());
  if (!required.empty()) object.Add("required", "[" + required + "]");
  object.Add("additionalProperties", shape.others == nullptr ? "false" : Of(*shape.others));
  return object.Text();
}

std::string SchemaWriter::ObjectSchema(const Shape& shape) {
  if (shape.discriminator.empty()) return ObjectWithKeys(shape, shape.keys, "");
  std::vector<std::string> alternatives;
  for (const Key& key : shape.keys) {
    if (key.name != shape.discriminator) continue;
    for (const Choice& choice : key.shape->choices) {
      if (choice.object == nullptr) continue;
      std::vector<Key> keys = shape.keys;
      keys.insert(keys.end(), choice.object->keys.begin(), choice.object->keys.end());
      alternatives.push_back(ObjectWithKeys(shape, keys, choice.word));
    }
  }
  return AnyOf(alternatives);
}

std::string SchemaWriter::NamesSchema(const Shape& shape) {
  Object object;
  object.Add("type", R"("object")");
  if (shape.names_are_identifiers) {
    object.Add("propertyNames", Object().Add("pattern", Quote(kIdentifierPattern)).Text());
  }
  if (shape.count_min > 0) object.Add("minProperties", std::to_string(shape.count_min));
  object.Add("additionalProperties", Of(*shape.element));
  return object.Text();
}

std::string SchemaWriter::ListSchema(const Shape& shape) {
  Object object;
  object.Add("type", R"("array")").Add("items", Of(*shape.element));
  if (shape.count_min > 0) object.Add("minItems", std::to_string(shape.count_min));
  if (shape.count_max > 0) object.Add("maxItems", std::to_string(shape.count_max));
  return object.Text();
}

std::string SchemaWriter::Body(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kAny:
      return "{}";
    case ShapeKind::kText:
      return TextSchema(shape);
    case ShapeKind::kInteger:
      return IntegerSchema(shape);
    case ShapeKind::kNumber:
      return OrSubstituted(Object().Add("type", R"("number")").Add("minimum", std::to_string(shape.min)).Text());
    case ShapeKind::kBool:
      return OrSubstituted(R"({"type":"boolean"})");
    case ShapeKind::kChoice:
      return ChoiceSchema(shape);
    case ShapeKind::kObject:
      return ObjectSchema(shape);
    case ShapeKind::kNames:
      return NamesSchema(shape);
    case ShapeKind::kList:
      return ListSchema(shape);
    case ShapeKind::kOneOf:
      break;
  }
  std::vector<std::string> alternatives;
  for (const Shape* alternative : shape.alternatives) alternatives.push_back(Of(*alternative));
  return AnyOf(alternatives);
}

std::string SchemaWriter::Of(const Shape& shape) {
  if (!shape.definition.empty()) {
    const std::string name(shape.definition);
    if (begun_.insert(name).second) definitions_[name] = Body(shape);
    return Object().Add("$ref", Quote("#/$defs/" + name)).Text();
  }
  return shape.nullable ? AnyOf({Body(shape), R"({"type":"null"})"}) : Body(shape);
}

std::string SchemaWriter::Write() {
  const std::string root = Body(PipelineShape());
  std::string definitions(kSubstitutedDefinition);
  for (const auto& [name, schema] : definitions_) definitions += "," + Quote(name) + ":" + schema;
  Object head;
  head.Add("$schema", R"("https://json-schema.org/draft/2020-12/schema")").Add("title", R"("Tailrace pipeline file")");
  return Merged(Merged(head.Text(), root), Object().Add("$defs", "{" + definitions + "}").Text()) + "\n";
}

}  // namespace

std::string PipelineJsonSchema() { return SchemaWriter().Write(); }

}  // namespace tailrace::config
