#include "model/csv_reader.h"

#include <algorithm>
#include <unordered_set>

#include "model/json_text.h"
#include "model/nearest_name.h"

namespace tailrace {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// Of the columns of a header that the schema lacks.
constexpr size_t kUnknownColumnsNamed = 10;

// One byte of latin-1 as UTF-8.
void AppendLatin1(unsigned char byte, std::string* out) {
  if (byte < 0x80) {
    out->push_back(static_cast<char>(byte));
  } else {
    out->push_back(static_cast<char>(0xC0 | byte >> 6));
    out->push_back(static_cast<char>(0x80 | (byte & 0x3F)));
  }
}

}  // namespace

CsvReader::CsvReader(const Schema& schema, const CsvOptions& options)
    : schema_(schema), options_(options), parser_(options) {}

Status CsvReader::ReadHeader(std::string_view text, bool final, size_t* next, int64_t* lines) {
  *next = 0;
  *lines = 0;
  bool undecided = text.size() < kByteOrderMark.size() && kByteOrderMark.substr(0, text.size()) == text;
  if (undecided && !final) return {};
  size_t mark = text.substr(0, kByteOrderMark.size()) == kByteOrderMark ? kByteOrderMark.size() : 0;
  CsvRow row;
  CsvStep step = parser_.Parse(text.substr(mark), final, &row);
  if (step == CsvStep::kMore) {
    if (final) return Fail(Error::Invalid("no header: the text is empty"));
    return {};
  }
  if (step != CsvStep::kRow) return Fail(Error::Invalid("the header has " + row.fault));
  TR_RETURN_IF_ERROR(SetHeader(row));
  *next = mark + row.next;
  *lines = row.lines;
  return {};
}

Status CsvReader::SetHeader(const CsvRow& row) {
  names_.clear();
  columns_.clear();
  for (const CsvField& field : row.fields) {
    names_.emplace_back(Plain(field));
    Column column;
    column.prefix.push_back(names_.size() == 1 ? '{' : ',');
    AppendJsonString(names_.back(), &column.prefix);
    column.prefix += ':';
    int index = schema_.FieldIndex(names_.back());
    if (index >= 0) {
      const Type& type = schema_.fields[static_cast<size_t>(index)].type;
      bool holds_json = type.is_nested() || type.kind == TypeKind::kJson;
      if (holds_json) column.cell = type.nullable ? Cell::kNullableJson : Cell::kJson;
      else column.cell = type.nullable ? Cell::kNullWhenEmpty : Cell::kText;
    }
    columns_.push_back(std::move(column));
  }
  return CheckNames();
}

Status CsvReader::CheckNames() const {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string_view> known;
  std::string listed;
  size_t unknown = 0;
  for (const Field& field : schema_.fields) known.push_back(field.name);
  for (const std::string& name : names_) {
    if (!seen.insert(name).second) return Fail(Error::Invalid("the header names the column `" + name + "` twice"));
    if (schema_.unknown_fields != UnknownFields::kReject || schema_.FieldIndex(name) >= 0) continue;
    if (++unknown > kUnknownColumnsNamed) continue;
    listed += (listed.empty() ? "`" : ", `") + name + "`" + DidYouMean(name, known);
  }
  if (unknown > kUnknownColumnsNamed) listed += " and " + std::to_string(unknown - kUnknownColumnsNamed) + " more";
  if (unknown == 1) {
    return Fail(Error::Invalid("the header's column " + listed + " is no field of the schema; unknown_fields: drop leaves it out, keep puts it into _extra"));
  }
  if (unknown > 1) {
    return Fail(Error::Invalid("the header's columns " + listed + " are no fields of the schema; unknown_fields: drop leaves them out, keep puts them into _extra"));
  }
  for (const Field& field : schema_.fields) {
    if (field.type.nullable || seen.count(field.name) > 0) continue;
    return Fail(Error::Invalid("the header has no column `" + field.name + "`, which may not be null"));
  }
  return {};
}

CsvStep CsvReader::Next(std::string_view text, bool final, CsvRow* row, std::string* json) {
  CsvStep step = parser_.Parse(text, final, row);
  if (step != CsvStep::kRow) return step;
  if (row->fields.size() != columns_.size()) {
    row->fault = std::to_string(row->fields.size()) + (row->fields.size() == 1 ? " field" : " fields") +
                 " where the header has " + std::to_string(columns_.size());
    return CsvStep::kFault;
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    *json += columns_[i].prefix;
    AppendField(row->fields[i], columns_[i].cell, json);
  }
  json->push_back('}');
  return CsvStep::kRow;
}

void CsvReader::AppendField(const CsvField& field, Cell cell, std::string* json) {
  bool null_when_empty = cell == Cell::kNullWhenEmpty || cell == Cell::kNullableJson;
  if (null_when_empty && field.text.empty()) {
    *json += "null";
    return;
  }
  if (cell == Cell::kJson || cell == Cell::kNullableJson) {
    std::string_view plain = Plain(field);
    if (!CheckJson(plain)) {
      size_t begin = json->size();
      *json += plain;
      ReplaceLineBreaks(json->data() + begin, plain.size());
      return;
    }
  }
  AppendText(field, json);
}

void CsvReader::AppendText(const CsvField& field, std::string* json) {
  json->push_back('"');
  bool is_plain =
      (field.classes & CsvField::kJsonEscaped) == 0 && !(options_.latin1 && (field.classes & CsvField::kHighByte) != 0);
  if (is_plain) *json += field.text;
  else AppendJsonEscaped(Plain(field), json);
  json->push_back('"');
}

std::string_view CsvReader::Plain(const CsvField& field) {
  bool converts = options_.latin1 && (field.classes & CsvField::kHighByte) != 0;
  if (!field.has_quotes && !converts) return field.text;
  scratch_.clear();
  for (size_t i = 0; i < field.text.size(); ++i) {
    char c = field.text[i];
    if (converts) AppendLatin1(static_cast<unsigned char>(c), &scratch_);
    else scratch_.push_back(c);
    if (field.has_quotes && c == '"') ++i;   // the second of the two
  }
  return scratch_;
}

}  // namespace tailrace
