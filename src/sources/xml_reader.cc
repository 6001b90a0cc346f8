#include "sources/xml_reader.h"

#include <expat.h>
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <optional>

#include "base/check.h"
#include "model/json_text.h"
#include "sources/json_rows.h"
#include "sources/xml_record.h"

namespace tailrace {
namespace {

// Fed to the parser at a time: its lengths are ints.
constexpr size_t kFeedBytes = 64 << 10;

std::string_view WithoutPrefix(std::string_view name) {
  const size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool IsNamespace(std::string_view name) { return name == "xmlns" || name.starts_with("xmlns:"); }

}  // namespace

void XmlRows::Clear() {
  rows_.Clear();
  raws_.clear();
  raw_begins_.clear();
}

std::vector<SourceRow> XmlRows::Take() {
  std::vector<SourceRow> rows = rows_.Take();
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t end = i + 1 < rows.size() ? raw_begins_[i + 1] : raws_.size();
    rows[i].raw = std::string_view(raws_).substr(raw_begins_[i], end - raw_begins_[i]);
  }
  return rows;
}

struct XmlReader::Parser {
  Parser(std::string_view records, const Schema& with, size_t bytes_max, int64_t from_byte);
  ~Parser() { XML_ParserFree(expat); }

  Status Feed(std::string_view text, bool final, XmlRows* rows);
  Status FeedPiece(std::string_view piece, bool final);

  // What expat calls.
  void OnStart(const XML_Char* name, const XML_Char** attributes);
  void OnEnd();
  void OnText(std::string_view text);
  void OnDoctype(bool has_declarations);
  void OnSkippedEntity(std::string_view name);

  void BeginRecord();
  void EndRecord();
  void AddNode(std::string_view name, const XML_Char** attributes);
  bool IsWay(std::string_view name) const;
  void Condemn(std::string why) {
    if (fault.empty()) fault = std::move(why);
  }
  // Of the whole document: nothing more is read.
  void Stop(const std::string& why) {
    if (!error) error = Failed(why);
    XML_StopParser(expat, XML_FALSE);
  }
  Error Failed(const std::string& why) const {
    return Error::Invalid(fmt::format("{} at line {}, column {}", why, XML_GetCurrentLineNumber(expat), XML_GetCurrentColumnNumber(expat) + 1));
  }
  bool in_record() const { return record_depth > 0; }

  const std::vector<std::string> steps;
  const Schema schema;
  const size_t row_bytes_max;
  const int64_t from;
  XML_Parser expat;

  XmlRows* out = nullptr;
  std::string held;        // the document from held_from on: the record in hand, or what expat has not used yet
  int64_t held_from = 0;
  int64_t fed = 0;         // bytes in all
  int64_t used = 0;        // of them: what is behind is a part of a tag, a comment or the like
  size_t depth = 0;
  size_t on_way = 0;       // of the open elements, how many are the way to records, from the root on
  std::optional<Error> error;

  size_t record_depth = 0; // 0: in none; else open elements of it, itself included
  int64_t record_from = 0;
  int64_t record_line = 0;
  bool skips = false;      // the record is one that was read before
  std::string beginning;   // of a record that is too long; empty: it is not
  std::string fault;       // of the record
  std::vector<XmlNode> open;  // from the record on
  size_t nodes = 0;
  size_t text_bytes = 0;
  int64_t behind_last = 0;
};

XmlReader::Parser::Parser(std::string_view records, const Schema& with, size_t bytes_max, int64_t from_byte)
    : steps(JsonPatternSteps(records)), schema(with), row_bytes_max(bytes_max), from(from_byte), expat(XML_ParserCreate(nullptr)) {
  TR_CHECK(expat != nullptr);
  XML_SetUserData(expat, this);
  XML_SetElementHandler(
      expat, [](void* self, const XML_Char* name, const XML_Char** attributes) { static_cast<Parser*>(self)->OnStart(name, attributes); },
      [](void* self, const XML_Char*) { static_cast<Parser*>(self)->OnEnd(); });
  XML_SetCharacterDataHandler(
      expat, [](void* self, const XML_Char* text, int bytes) { static_cast<Parser*>(self)->OnText({text, static_cast<size_t>(bytes)}); });
  XML_SetStartDoctypeDeclHandler(expat, [](void* self, const XML_Char*, const XML_Char*, const XML_Char*, int has_declarations) {
    static_cast<Parser*>(self)->OnDoctype(has_declarations != 0);
  });
  XML_SetSkippedEntityHandler(expat, [](void* self, const XML_Char* name, int) { static_cast<Parser*>(self)->OnSkippedEntity(name); });
}

// Entities and defaults of attributes are declared there: a few bytes could become gigabytes.
void XmlReader::Parser::OnDoctype(bool has_declarations) {
  if (has_declarations) Stop("a document type with declarations of its own, which are not read,");
}

void XmlReader::Parser::OnSkippedEntity(std::string_view name) {
  if (in_record()) Condemn(fmt::format("an entity that is not known: &{};", name));
}

bool XmlReader::Parser::IsWay(std::string_view name) const {
  return on_way == depth && depth < steps.size() && (steps[depth] == "*" || steps[depth] == name);
}

void XmlReader::Parser::OnStart(const XML_Char* name, const XML_Char** attributes) {
  const std::string_view local = WithoutPrefix(name);
  if (depth == kXmlDepthMax) return Stop(fmt::format("elements nested deeper than {}", kXmlDepthMax));
  if (in_record()) {
    ++depth;
    if (++record_depth > kXmlRecordDepthMax) Condemn(fmt::format("elements nested deeper than {}", kXmlRecordDepthMax));
    return AddNode(local, attributes);
  }
  const bool is_way = IsWay(local);
  if (depth == 0 && !is_way) return Stop(fmt::format("the document is a {}, not a {}", local, steps.empty() ? "record" : steps.front()));
  ++depth;
  if (!is_way) return;
  on_way = depth;
  if (depth < steps.size()) return;
  BeginRecord();
  AddNode(local, attributes);
}

void XmlReader::Parser::BeginRecord() {
  record_depth = 1;
  record_from = XML_GetCurrentByteIndex(expat);
  record_line = static_cast<int64_t>(XML_GetCurrentLineNumber(expat));
  skips = record_from < from;
  fault.clear();
  open.clear();
  nodes = 0;
  text_bytes = 0;
}

void XmlReader::Parser::AddNode(std::string_view name, const XML_Char** attributes) {
  if (skips || !fault.empty()) return;
  XmlNode node;
  node.name = std::string(name);
  ++nodes;
  for (; *attributes != nullptr; attributes += 2) {
    const std::string_view attribute = attributes[0];
    const std::string_view value = attributes[1];
    if (IsNamespace(attribute)) continue;
    if (WithoutPrefix(attribute) == "nil" && attribute != "nil") {
      node.is_nil = value == "true" || value == "1";
      continue;
    }
    node.children.push_back({std::string(WithoutPrefix(attribute)), std::string(value), {}, true, false});
    ++nodes;
  }
  if (nodes > kXmlNodesMax) return Condemn(fmt::format("more than {} elements and attributes", kXmlNodesMax));
  open.push_back(std::move(node));
}

void XmlReader::Parser::OnText(std::string_view text) {
  if (!in_record() || skips || !fault.empty()) return;
  text_bytes += text.size();
  if (text_bytes > row_bytes_max) return Condemn(LimitText(row_bytes_max));
  open.back().text += text;
}

void XmlReader::Parser::OnEnd() {
  if (in_record()) {
    if (--record_depth == 0) {
      EndRecord();
    } else if (!skips && fault.empty()) {
      XmlNode node = std::move(open.back());
      open.pop_back();
      open.back().children.push_back(std::move(node));
    }
  }
  --depth;
  on_way = std::min(on_way, depth);
}

void XmlReader::Parser::EndRecord() {
  behind_last = XML_GetCurrentByteIndex(expat) + XML_GetCurrentByteCount(expat);
  if (skips) {
    beginning.clear();
    return;
  }
  const auto size = static_cast<size_t>(behind_last - record_from);
  if (size > row_bytes_max) Condemn(LimitText(row_bytes_max));
  const size_t raw = out->raws().size();
  if (beginning.empty()) {
    out->raws() += std::string_view(held).substr(static_cast<size_t>(record_from - held_from), std::min(size, row_bytes_max));
  } else {
    out->raws() += beginning;
  }
  beginning.clear();
  out->NoteRaw(raw);
  if (!fault.empty()) return out->rows().AddFault({}, fault, record_from, record_line);
  const size_t begin = out->rows().text().size();
  AppendXmlRecord(open.front(), schema, &out->rows().text());
  out->rows().AddMade({}, begin, record_from, record_line);
}

Status XmlReader::Parser::Feed(std::string_view text, bool final, XmlRows* rows) {
  out = rows;
  do {
    const std::string_view piece = text.substr(0, kFeedBytes);
    text.remove_prefix(piece.size());
    TR_RETURN_IF_ERROR(FeedPiece(piece, final && text.empty()));
  } while (!text.empty());
  return {};
}

Status XmlReader::Parser::FeedPiece(std::string_view piece, bool final) {
  const bool is_long = in_record() && used - record_from > static_cast<int64_t>(row_bytes_max);
  if (is_long && beginning.empty()) {
    Condemn(LimitText(row_bytes_max));
    beginning = held.substr(static_cast<size_t>(record_from - held_from), row_bytes_max);
  }
  const int64_t keep_from = in_record() && !is_long ? record_from : used;
  held.erase(0, static_cast<size_t>(keep_from - held_from));
  held_from = keep_from;
  if (held.size() > 2 * row_bytes_max) return Fail(Failed("a tag or comment " + LimitText(row_bytes_max)));
  held += piece;
  fed += static_cast<int64_t>(piece.size());
  const XML_Status status = XML_Parse(expat, piece.data(), static_cast<int>(piece.size()), final ? 1 : 0);
  used = std::max(used, static_cast<int64_t>(XML_GetCurrentByteIndex(expat)));
  if (error) return Fail(*error);
  if (status == XML_STATUS_OK) return {};
  return Fail(Failed(XML_ErrorString(XML_GetErrorCode(expat))));
}

XmlReader::XmlReader(std::string_view records, const Schema& schema, size_t row_bytes_max, int64_t from)
    : parser_(std::make_unique<Parser>(records, schema, row_bytes_max, from)) {}

XmlReader::~XmlReader() = default;

Status XmlReader::Feed(std::string_view text, bool final, XmlRows* rows) { return parser_->Feed(text, final, rows); }

int64_t XmlReader::next() const { return parser_->behind_last; }

}  // namespace tailrace
