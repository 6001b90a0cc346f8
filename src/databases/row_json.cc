#include "databases/row_json.h"

#include "model/json_text.h"
#include "model/times.h"

namespace tailrace {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

// A number as JSON writes it (RFC 8259, section 6): NaN, 007 and .5 are none.
bool IsJsonNumber(std::string_view text) {
  size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  size_t whole = SkipDigits(text, at);
  if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    size_t end = SkipDigits(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    size_t end = SkipDigits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

void AppendRaw(std::string_view json, std::string* out) {
  size_t begin = out->size();
  *out += json;
  ReplaceLineBreaks(out->data() + begin, json.size());
}

std::optional<int64_t> MicrosOf(ValueKind kind, std::string_view value) {
  if (kind == ValueKind::kTime) return ParseRfc3339(value);
  std::optional<int32_t> days = ParseIsoDate(value);
  if (!days) return std::nullopt;
  return *days * kMicrosPerDay;
}

}  // namespace

RowJson::RowJson(const std::vector<DatabaseColumn>& columns, const Schema& schema) {
  for (const DatabaseColumn& from : columns) {
    Column column;
    column.prefix += columns_.empty() ? '{' : ',';
    AppendJsonString(from.name, &column.prefix);
    column.prefix += ':';
    column.kind = from.kind;
    int field = schema.FieldIndex(from.name);
    if (field >= 0) {
      const Type& type = schema.fields[static_cast<size_t>(field)].type;
      column.as_text = type.kind == TypeKind::kString;
      column.is_bool = type.kind == TypeKind::kBool;
      column.nested = type.is_nested();
      column.time = TimeSpelling::Of(type);
    }
    columns_.push_back(std::move(column));
  }
}

void RowJson::Append(Database& database, std::string* out) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    *out += columns_[i].prefix;
    std::optional<std::string_view> value = database.Value(i);
    if (value)
      AppendValue(columns_[i], *value, out);
    else
      *out += "null";
  }
  *out += columns_.empty() ? "{}" : "}";
}

void RowJson::AppendValue(const Column& column, std::string_view value, std::string* out) const {
  if (column.as_text) return AppendJsonString(value, out);
  switch (column.kind) {
    case ValueKind::kInteger:
    case ValueKind::kNumber:
      // 1 is a boolean only as a text.
      if (column.is_bool || !IsJsonNumber(value)) return AppendJsonString(value, out);
      *out += value;
      return;
    case ValueKind::kBool:
      *out += value;
      return;
    case ValueKind::kJson:
      return AppendRaw(value, out);
    case ValueKind::kText:
      if (column.nested && !CheckJson(value)) return AppendRaw(value, out);
      return AppendJsonString(value, out);
    case ValueKind::kTime:
    case ValueKind::kDate:
      break;
  }
  std::optional<int64_t> micros = MicrosOf(column.kind, value);
  // What our calendar does not have (infinity, 0000-00-00) is for the schema to refuse, as it stands.
  if (!micros) return AppendJsonString(value, out);
  if (column.time.Append(*micros, out)) return;
  if (column.kind == ValueKind::kDate) return AppendJsonString(value, out);
  out->push_back('"');
  AppendRfc3339(*micros, out);
  out->push_back('"');
}

}  // namespace tailrace
