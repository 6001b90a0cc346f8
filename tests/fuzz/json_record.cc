// JSON to schema: every reader of JSON agrees on what is JSON, checking agrees with decoding, and what was decoded,
// written as JSON again, decodes to the same values and the same key.
#include <array>
#include <deque>
#include <vector>

#include "fuzz.h"
#include "model/decimal.h"
#include "model/json_text.h"
#include "model/record_decoder.h"
#include "model/times.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;

Field Named(std::string name, std::string_view type) {
  Field field;
  field.name = std::move(name);
  std::string error;
  Require(ParseScalarType(type, &field.type, &error), "the type is one");
  return field;
}

Field Nested(std::string name, TypeKind kind, std::vector<Field> fields, bool nullable) {
  Field field;
  field.name = std::move(name);
  field.type.kind = kind;
  field.type.fields = std::move(fields);
  field.type.nullable = nullable;
  return field;
}

// Names are one letter each, for a fuzzer to find.
Schema Scalars(UnknownFields unknown) {
  Schema schema;
  schema.fields = {Named("a", "int?"),         Named("b", "double?"), Named("c", "decimal(12,3)?"), Named("d", "bool?"),
                   Named("e", "string?"),      Named("f", "date?"),   Named("g", "timestamp?"),     Named("h", "json?"),
                   Named("i", "timestamp(us)?")};
  schema.unknown_fields = unknown;
  return schema;
}

Schema NestedSchema() {
  Schema schema;
  const Field element = Nested("", TypeKind::kStruct, {Named("a", "int"), Named("b", "string?")}, true);
  schema.fields = {Named("k", "string"), Nested("l", TypeKind::kList, {element}, true),
                   Nested("m", TypeKind::kMap, {Named("", "decimal(38,9)?")}, true),
                   Nested("s", TypeKind::kStruct, {Named("a", "double?"), Nested("l", TypeKind::kList, {Named("", "int?")}, true)}, true)};
  schema.unknown_fields = UnknownFields::kDrop;
  return schema;
}

// A value written as JSON as it comes.
class JsonSink final : public ValueSink {
 public:
  JsonSink(const Type& type, std::string* out) : type_(&type), out_(out) {}

  void Null() override { *out_ += "null"; }
  void Bool(bool value) override { *out_ += value ? "true" : "false"; }
  void Int(int64_t value) override { *out_ += std::to_string(value); }
  void Double(double value) override { AppendDouble(value, out_); }
  void Decimal(Int128 unscaled) override { AppendDecimal(unscaled, type_->scale, out_); }
  void String(std::string_view utf8) override {
    if (type_->kind == TypeKind::kJson) *out_ += utf8;
    else AppendJsonString(utf8, out_);
  }
  void Date(int32_t days) override { Quoted([&] { AppendIsoDate(days, out_); }); }
  void Timestamp(int64_t micros) override {
    if (type_->unit == TimeUnit::kMicros) *out_ += std::to_string(micros);
    else Quoted([&] { AppendRfc3339(micros, out_); });
  }
  ValueSink& Field(size_t index) override {
    Separate('{');
    AppendJsonString(type_->fields[index].name, out_);
    *out_ += ':';
    return Child(type_->fields[index].type);
  }
  ValueSink& Element() override {
    Separate('[');
    return Child(type_->fields[0].type);
  }
  ValueSink& Entry(std::string_view key) override {
    Separate('{');
    AppendJsonString(key, out_);
    *out_ += ':';
    return Child(type_->fields[0].type);
  }
  void End() override {
    if (!begun_) *out_ += type_->kind == TypeKind::kList ? '[' : '{';
    *out_ += type_->kind == TypeKind::kList ? ']' : '}';
    begun_ = false;
  }

 private:
  template <typename Write>
  void Quoted(Write write) {
    *out_ += '"';
    write();
    *out_ += '"';
  }
  void Separate(char open) {
    *out_ += begun_ ? ',' : open;
    begun_ = true;
  }
  ValueSink& Child(const Type& type) {
    child_ = std::make_unique<JsonSink>(type, out_);
    return *child_;
  }

  const Type* type_;
  std::string* out_;
  bool begun_ = false;
  std::unique_ptr<JsonSink> child_;
};

// The row as JSON, its fields in the schema's order, so that equal rows are equal texts.
class JsonRow final : public RowSink {
 public:
  explicit JsonRow(const Schema& schema) : schema_(schema), texts_(schema.fields.size() + 1) { extra_.kind = TypeKind::kJson; }

  void BeginRow() override {
    for (std::string& text : texts_) text.clear();
  }
  ValueSink& Column(size_t index) override {
    texts_[index].clear();
    return sinks_.emplace_back(index == schema_.fields.size() ? extra_ : schema_.fields[index].type, &texts_[index]);
  }
  void CommitRow() override {}
  void AbandonRow() override {}

  // A field that was not given stays away; `extra` are the fields nobody knows, as they came.
  std::string Text() const {
    std::string text;
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
      if (texts_[i].empty()) continue;
      text += text.empty() ? '{' : ',';
      AppendJsonString(schema_.fields[i].name, &text);
      text += ':' + texts_[i];
    }
    const std::string& extra = texts_.back();
    if (!extra.empty()) {
      Require(extra.front() == '{' && extra.back() == '}', "_extra is an object");
      text += (text.empty() ? "{" : ",") + extra.substr(1, extra.size() - 2);
    }
    return (text.empty() ? "{" : text) + '}';
  }

 private:
  const Schema& schema_;
  Type extra_;
  std::vector<std::string> texts_;
  std::deque<JsonSink> sinks_;
};

struct Case {
  Schema schema;
  std::string key;
  RecordDecoder decoder;
};

RecordDecoder Compiled(const Schema& schema, std::string_view key) {
  auto decoder = RecordDecoder::Compile(schema, key);
  Require(decoder.has_value(), "the schema compiles");
  return std::move(*decoder);
}

Case Make(Schema schema, std::string key) {
  RecordDecoder decoder = Compiled(schema, key);
  return {std::move(schema), std::move(key), std::move(decoder)};
}

std::vector<Case>& Cases() {
  static std::vector<Case> cases = [] {
    std::vector<Case> made;
    made.push_back(Make(Scalars(UnknownFields::kReject), "a"));
    made.push_back(Make(Scalars(UnknownFields::kKeep), "c"));
    made.push_back(Make(Scalars(UnknownFields::kDrop), "g"));
    made.push_back(Make(Scalars(UnknownFields::kKeep), "b"));
    made.push_back(Make(NestedSchema(), "k"));
    return made;
  }();
  return cases;
}

std::string KeyOf(const RecordDecoder& decoder) { return decoder.key() ? "=" + std::string(*decoder.key()) : "none"; }

void CheckReaders(std::string_view text, bool decoded) {
  const auto error = CheckJson(text);
  Require(!decoded || !error, "what is decoded is JSON");
  Require(!error || error->byte <= text.size(), "an error is in the text");
  JsonDocument document;
  Require(document.Parse(text).has_value() == error.has_value(), "a document is JSON");
  const auto elements = SplitJsonArray(text);
  if (!error && document.Find("/0") && text[text.find_first_not_of(" \n\r\t")] == '[') {
    Require(elements.has_value(), "a list can be split");
    for (const JsonPart& part : *elements) Require(!CheckJson(part.text), "the elements of a list are JSON");
    RequireSame(*document.Find("/0"), elements->front().text, "both ways to an element lead to it");
  }
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  Case& with = Cases()[choices.Byte() % Cases().size()];
  const Copy copy(choices.rest(), RecordDecoder::kPadding);
  const std::string_view text = copy.text();

  const bool checked = with.decoder.Decode(text, nullptr).has_value();
  JsonRow row(with.schema);
  const auto decoded = with.decoder.Decode(text, &row);
  Require(checked == decoded.has_value(), "checking says what decoding says");
  CheckReaders(text, checked);
  if (!decoded) {
    Require(!decoded.error().Message().empty(), "a fault says why");
    Require(decoded.error().malformed || !CheckJson(text) || !checked, "what is no JSON is malformed");
    return;
  }

  const std::string key = KeyOf(with.decoder);
  const std::string again = row.Text();
  const Copy second(again, RecordDecoder::kPadding);
  JsonRow second_row(with.schema);
  const auto repeated = with.decoder.Decode(second.text(), &second_row);
  if (!repeated) RequireSame(repeated.error().Message(), again, "what was written again decodes");
  RequireSame(second_row.Text(), again, "what was written again has the same values");
  RequireSame(KeyOf(with.decoder), key, "what was written again has the same key");

  std::string one_line(text);
  ReplaceLineBreaks(one_line.data(), one_line.size());
  Require(one_line.find('\n') == std::string::npos, "a record becomes one line");
  const Copy third(one_line, RecordDecoder::kPadding);
  Require(with.decoder.Decode(third.text(), nullptr).has_value(), "a record of one line is the same record");
}

}  // namespace tailrace::fuzz
