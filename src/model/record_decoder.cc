#include "model/record_decoder.h"

#include <cstring>
#include <deque>
#include <unordered_set>
#include <utility>

#include "base/utf8.h"
#include "model/field_table.h"
#include "model/json_text.h"
#include "model/json_tokens.h"
#include "model/key_capture.h"
#include "model/nearest_name.h"
#include "model/scalar_reader.h"

namespace tailrace {
namespace {

// A value shown in a fault is cut to this.
constexpr size_t kFoundBytesMax = 60;

std::string DescribeToken(const JsonTokens& tokens, size_t i) {
  switch (tokens.kind(i)) {
    case '\0': return "nothing";
    case '{': return "an object";
    case '[': return "a list";
    case '"': return "string \"" + CutText(tokens.string_content(i), kFoundBytesMax) + "\"";
    case 't':
    case 'f':
    case 'n': return CutText(tokens.token(i), kFoundBytesMax);
    default: return "number " + CutText(tokens.token(i), kFoundBytesMax);
  }
}

// A type, compiled; the tree of the schema. What it learns from one record (the order of fields) speeds up the next.
struct Node {
  explicit Node(const Type& field_type) : type(field_type), fields(nested_fields()) {
    if (!type.is_nested()) scalar.emplace(type);
    for (const Field& field : nested_fields()) AddChild(field);
  }

  // The root: an object of the schema's fields.
  explicit Node(const Schema& schema) : type(kRootType), fields(schema.fields) {
    for (const Field& field : schema.fields) AddChild(field);
  }

  void AddChild(const Field& field) {
    children.emplace_back(field.type);
    if (!field.type.nullable) ++required;
    seen_in.push_back(0);
  }

  const std::vector<Field>& nested_fields() const { return type.fields; }

  static const Type kRootType;

  const Type& type;
  std::optional<ScalarReader> scalar;
  FieldTable fields;
  std::deque<Node> children;
  size_t required = 0;               // children that may be neither null nor absent
  uint64_t visit = 0;                // number of the object being read
  std::vector<uint64_t> seen_in;     // for each child the last object that had it
};

const Type Node::kRootType = {TypeKind::kStruct, false, 0, 0, TimeUnit::kNone, {}, {}};

// Where the fields of an object go: a row's columns, a struct's fields, or nowhere.
struct FieldsSink {
  RowSink* row = nullptr;
  ValueSink* value = nullptr;
  ValueSink* Field(size_t index) const {
    if (row) return &row->Column(index);
    return value ? &value->Field(index) : nullptr;
  }
};

}  // namespace

struct RecordDecoder::Impl {
  Impl(const Schema& of, std::string_view key_name) : schema(of), root(schema) {
    if (key_name.empty()) return;
    key_index = static_cast<size_t>(schema.FieldIndex(key_name));
    key.emplace(schema.fields[*key_index].type.scale);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool DecodeRoot(RowSink* row);
  bool DecodeFields(Node& node, const FieldsSink& sink, int depth);
  bool DecodeUnknown(const Node& node, std::string_view name, int depth);
  inline bool DecodeValue(Node& node, ValueSink* sink, int depth);
  bool DecodeJson(ValueSink* sink, int depth);
  bool DecodeStruct(Node& node, ValueSink* sink, int depth);
  bool DecodeList(Node& node, ValueSink* sink, int depth);
  bool DecodeMap(Node& node, ValueSink* sink, int depth);
  inline bool TakeName(std::string* scratch, std::string_view* name);
  inline bool Separator(char close, bool* more);

  bool Refuse(std::string expected, std::string found);
  bool RefuseToken(std::string expected) { return Refuse(std::move(expected), DescribeToken(tokens, at)); }
  bool RefuseOutcome(ReadOutcome outcome, const Type& type);
  bool RefuseRepeated(std::string_view name);
  bool RefuseUnknown(const Node& node, std::string_view name);
  bool RefuseMissing(const Node& node);
  bool Inside(std::string_view name);
  Fault TakeFault(std::string_view json);

  const Schema schema;
  Node root;
  std::optional<size_t> key_index;
  std::optional<KeyCapture> key;

  JsonTokens tokens;
  size_t at = 0;                                   // the token being read
  Fault fault;
  std::string root_name;                           // unescaped names, rarely needed
  std::string extra;                               // `_extra` under construction
  std::unordered_set<std::string> unknown_names;   // of the root object
};

Result<RecordDecoder> RecordDecoder::Compile(const Schema& schema, std::string_view key) {
  if (!key.empty()) {
    int index = schema.FieldIndex(key);
    if (index < 0) return Fail(Error::Invalid("the key `" + std::string(key) + "` is no field of the schema"));
    const Type& type = schema.fields[static_cast<size_t>(index)].type;
    if (type.is_nested() || type.kind == TypeKind::kJson) {
      return Fail(
          Error::Invalid("the key `" + std::string(key) + "` is " + TypeText(type) + "; a key is one plain value"));
    }
  }
  return RecordDecoder(std::make_unique<Impl>(schema, key));
}

RecordDecoder::RecordDecoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RecordDecoder::RecordDecoder(RecordDecoder&&) noexcept = default;
RecordDecoder& RecordDecoder::operator=(RecordDecoder&&) noexcept = default;
RecordDecoder::~RecordDecoder() = default;

RecordDecoder RecordDecoder::Clone() const {
  std::string_view key_name;
  if (impl_->key_index) key_name = impl_->schema.fields[*impl_->key_index].name;
  return RecordDecoder(std::make_unique<Impl>(impl_->schema, key_name));
}

tl::expected<void, Fault> RecordDecoder::Decode(std::string_view json, RowSink* row) {
  Impl& impl = *impl_;
  if (impl.key) impl.key->Start(nullptr);
  impl.at = 0;
  if (!impl.tokens.Index(json)) {
    impl.Refuse("", "");
    return tl::unexpected<Fault>(impl.TakeFault(json));
  }
  if (row) row->BeginRow();
  if (impl.DecodeRoot(row)) return {};
  if (row) row->AbandonRow();
  return tl::unexpected<Fault>(impl.TakeFault(json));
}

std::optional<std::string_view> RecordDecoder::key() const {
  if (!impl_->key) return std::nullopt;
  return impl_->key->text();
}

bool RecordDecoder::Impl::DecodeRoot(RowSink* row) {
  if (tokens.kind(0) != '{') return RefuseToken("a JSON object");
  extra.clear();
  if (!unknown_names.empty()) unknown_names.clear();
  if (!DecodeFields(root, {row, nullptr}, 1)) return false;
  if (at < tokens.size()) return RefuseToken("the end of the record");
  if (row && !extra.empty()) {
    extra += '}';
    row->Column(schema.fields.size()).String(extra);
  }
  return true;
}

// Reads a field's name and the colon. The name lies in the record or, where it has escapes, in `scratch`.
bool RecordDecoder::Impl::TakeName(std::string* scratch, std::string_view* name) {
  if (tokens.kind(at) != '"') return RefuseToken("the name of a field");
  *name = tokens.string_content(at);
  if (std::memchr(name->data(), '\\', name->size()) != nullptr) {
    scratch->clear();
    JsonFault json_fault = UnescapeJson(*name, scratch);
    if (json_fault != JsonFault::kNone) return RefuseOutcome(OutcomeOf(json_fault), Type{});
    *name = *scratch;
  }
  if (tokens.kind(at + 1) != ':') return RefuseToken("`:`");
  at += 2;
  return true;
}

// Steps over the comma, or over the bracket that closes.
bool RecordDecoder::Impl::Separator(char close, bool* more) {
  char kind = tokens.kind(at);
  if (kind != ',' && kind != close) return RefuseToken("`,`");
  *more = kind == ',';
  ++at;
  return true;
}

// Reads the object whose `{` is at `at`.
bool RecordDecoder::Impl::DecodeFields(Node& node, const FieldsSink& sink, int depth) {
  bool is_root = &node == &root;
  std::string nested_name;
  std::string& scratch = is_root ? root_name : nested_name;
  ++node.visit;
  ++at;
  size_t present = 0;   // required children seen
  bool more = tokens.kind(at) != '}';
  if (!more) ++at;
  for (size_t place = 0; more; ++place) {
    std::string_view name;
    if (!TakeName(&scratch, &name)) return false;
    std::optional<size_t> index = node.fields.Find(name, place);
    if (!index) {
      if (!DecodeUnknown(node, name, depth)) return false;
    } else {
      Node& child = node.children[*index];
      if (node.seen_in[*index] == node.visit) return RefuseRepeated(name);
      node.seen_in[*index] = node.visit;
      if (!child.type.nullable) ++present;
      ValueSink* value = sink.Field(*index);
      if (is_root && key_index == index) {
        key->Start(value);
        value = &*key;
      }
      if (!DecodeValue(child, value, depth)) return Inside(node.fields.names()[*index]);
    }
    if (!Separator('}', &more)) return false;
  }
  return present == node.required || RefuseMissing(node);
}

bool RecordDecoder::Impl::DecodeUnknown(const Node& node, std::string_view name, int depth) {
  if (schema.unknown_fields == UnknownFields::kReject) return RefuseUnknown(node, name);
  bool is_root = &node == &root;
  if (is_root && !unknown_names.emplace(name).second) return RefuseRepeated(name);
  size_t begin = at;
  JsonFault json_fault = SkipJsonValue(tokens, &at, depth);
  if (json_fault != JsonFault::kNone) {
    RefuseOutcome(OutcomeOf(json_fault), Type{});
    return Inside(name);
  }
  if (!is_root || schema.unknown_fields != UnknownFields::kKeep) return true;
  extra += extra.empty() ? '{' : ',';
  AppendJsonString(name, &extra);
  extra += ':';
  extra += JsonSlice(tokens, begin, at);
  return true;
}

bool RecordDecoder::Impl::DecodeValue(Node& node, ValueSink* sink, int depth) {
  char kind = tokens.kind(at);
  if (kind == 'n' && tokens.token(at) == "null") {
    if (!node.type.nullable) return RefuseToken(TypeExpectation(node.type));
    if (sink) sink->Null();
    ++at;
    return true;
  }
  switch (node.type.kind) {
    case TypeKind::kStruct: return kind == '{' ? DecodeStruct(node, sink, depth + 1) : RefuseToken("an object");
    case TypeKind::kMap: return kind == '{' ? DecodeMap(node, sink, depth + 1) : RefuseToken("an object");
    case TypeKind::kList: return kind == '[' ? DecodeList(node, sink, depth + 1) : RefuseToken("a list");
    case TypeKind::kJson: return DecodeJson(sink, depth);
    default: break;
  }
  if (kind == '{' || kind == '[') return RefuseToken(TypeExpectation(node.type));
  ReadOutcome outcome = node.scalar->Read(tokens, at, sink);
  if (outcome != ReadOutcome::kOk) return RefuseOutcome(outcome, node.type);
  ++at;
  return true;
}

bool RecordDecoder::Impl::DecodeJson(ValueSink* sink, int depth) {
  size_t begin = at;
  JsonFault json_fault = SkipJsonValue(tokens, &at, depth);
  if (json_fault != JsonFault::kNone) return RefuseOutcome(OutcomeOf(json_fault), Type{});
  if (sink) sink->String(JsonSlice(tokens, begin, at));
  return true;
}

bool RecordDecoder::Impl::DecodeStruct(Node& node, ValueSink* sink, int depth) {
  if (!DecodeFields(node, {nullptr, sink}, depth)) return false;
  if (sink) sink->End();
  return true;
}

bool RecordDecoder::Impl::DecodeList(Node& node, ValueSink* sink, int depth) {
  ++at;
  bool more = tokens.kind(at) != ']';
  if (!more) ++at;
  for (size_t index = 0; more; ++index) {
    ValueSink* element = sink ? &sink->Element() : nullptr;
    if (!DecodeValue(node.children[0], element, depth)) return Inside(std::to_string(index));
    if (!Separator(']', &more)) return false;
  }
  if (sink) sink->End();
  return true;
}

bool RecordDecoder::Impl::DecodeMap(Node& node, ValueSink* sink, int depth) {
  std::unordered_set<std::string> names;
  std::string scratch;
  ++at;
  bool more = tokens.kind(at) != '}';
  if (!more) ++at;
  while (more) {
    std::string_view name;
    if (!TakeName(&scratch, &name)) return false;
    auto [known, is_new] = names.emplace(name);
    if (!is_new) return RefuseRepeated(name);
    ValueSink* value = sink ? &sink->Entry(name) : nullptr;
    if (!DecodeValue(node.children[0], value, depth)) return Inside(*known);
    if (!Separator('}', &more)) return false;
  }
  if (sink) sink->End();
  return true;
}

bool RecordDecoder::Impl::Refuse(std::string expected, std::string found) {
  fault = Fault{"", std::move(expected), std::move(found)};
  return false;
}

bool RecordDecoder::Impl::RefuseOutcome(ReadOutcome outcome, const Type& type) {
  switch (outcome) {
    case ReadOutcome::kNul: return RefuseToken("text without NUL (\\u0000), which no column can hold");
    case ReadOutcome::kSurrogate: return RefuseToken("text of whole characters (a surrogate lacks its other half)");
    case ReadOutcome::kDepth: return Refuse("at most " + std::to_string(kJsonDepthMax) + " levels of brackets", "more");
    case ReadOutcome::kSyntax: return RefuseToken("a JSON value");
    case ReadOutcome::kWrongValue:
    case ReadOutcome::kOk: break;
  }
  return RefuseToken(TypeExpectation(type));
}

bool RecordDecoder::Impl::RefuseRepeated(std::string_view name) {
  Refuse("each field once", "it again");
  return Inside(name);
}

bool RecordDecoder::Impl::RefuseUnknown(const Node& node, std::string_view name) {
  // With the way out: a first file mostly has columns that nobody declared.
  RefuseToken("no field of this name" + DidYouMean(name, node.fields.names()) + ", unless the stream has unknown_fields: drop or keep");
  return Inside(name);
}

bool RecordDecoder::Impl::RefuseMissing(const Node& node) {
  for (size_t i = 0; i < node.children.size(); ++i) {
    const Type& type = node.children[i].type;
    if (type.nullable || node.seen_in[i] == node.visit) continue;
    Refuse(TypeExpectation(type), "nothing");
    return Inside(node.fields.names()[i]);
  }
  return false;
}

// The fault lies in the part `name` of what is being read.
bool RecordDecoder::Impl::Inside(std::string_view name) {
  fault.pointer.insert(0, PointerStep(CutText(name, kFoundBytesMax)));
  return false;
}

// The fault found, unless the text is no JSON at all: then that is what is wrong with it, wherever else it is wrong
// too.
Fault RecordDecoder::Impl::TakeFault(std::string_view json) {
  size_t i = 0;
  JsonFault json_fault = tokens.size() == 0 ? JsonFault::kSyntax : SkipJsonValue(tokens, &i, 0);
  bool malformed = json_fault == JsonFault::kSyntax || (json_fault == JsonFault::kNone && i < tokens.size());
  if (malformed) {
    std::optional<JsonError> error = CheckJson(json);
    fault = Fault{"", "a JSON object", error ? error->reason : "text that cannot be read"};
    fault.malformed = true;
    fault.byte = error ? error->byte : 0;
    if (!json.empty()) fault.found += " at byte " + std::to_string(fault.byte);
  }
  return std::move(fault);
}

}  // namespace tailrace
