#include "sources/query_rows.h"

#include "model/json_text.h"
#include "model/times.h"

namespace tailrace {
namespace {

int64_t MicrosPer(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds: return kMicrosPerSecond;
    case TimeUnit::kMillis: return 1000;
    case TimeUnit::kMicros:
    case TimeUnit::kNone: break;
  }
  return 1;
}

// The time in a JSON string that the query gave for a timestamp or date; nullopt for anything else.
std::optional<int64_t> MicrosOf(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return std::nullopt;
  std::string_view text = json.substr(1, json.size() - 2);
  if (std::optional<int64_t> micros = ParseRfc3339(text)) return micros;
  std::optional<int32_t> days = ParseIsoDate(text);
  if (!days) return std::nullopt;
  return *days * kMicrosPerDay;
}

}  // namespace

Result<QueryRows> QueryRows::Open(sql::Connection& connection, std::string_view query, size_t hidden,
                                  const Schema& schema, std::stop_token stop) {
  TR_TRY(std::unique_ptr<sql::QueryCursor> cursor, sql::QueryCursor::Open(connection, query, {}, std::move(stop)));
  QueryRows rows(std::move(cursor));
  rows.hidden_ = hidden;
  for (size_t i = hidden; i < rows.cursor_->columns().size(); ++i) {
    rows.columns_.push_back(ColumnFor(rows.cursor_->columns()[i].name, i == hidden, schema));
  }
  return rows;
}

QueryRows::Column QueryRows::ColumnFor(const std::string& name, bool first, const Schema& schema) {
  Column column;
  column.prefix.push_back(first ? '{' : ',');
  AppendJsonString(name, &column.prefix);
  column.prefix += ':';
  int index = schema.FieldIndex(name);
  if (index < 0) return column;
  const Type& type = schema.fields[static_cast<size_t>(index)].type;
  column.as_text = type.kind == TypeKind::kString;
  column.unit = type.unit;
  column.is_date = type.kind == TypeKind::kDate;
  if (!type.format.empty()) {
    Result<TimeFormat> format = TimeFormat::Compile(type.format);
    if (format) column.format = std::move(*format);
  }
  return column;
}

Result<bool> QueryRows::Next() {
  if (started_ && ++row_ < rows_) return true;
  started_ = true;
  while (true) {
    TR_TRY(bool more, cursor_->Next());
    if (!more) return false;
    row_ = 0;
    rows_ = cursor_->row_count();
    if (rows_ > 0) return true;
  }
}

void QueryRows::AppendJson(std::string* out) const {
  auto values = cursor_->Row(row_);
  for (size_t i = 0; i < columns_.size(); ++i) {
    *out += columns_[i].prefix;
    AppendValue(columns_[i], values[hidden_ + i], hidden_ + i, out);
  }
  *out += columns_.empty() ? "{}" : "}";
}

void QueryRows::AppendValue(const Column& column, std::string_view json, size_t index, std::string* out) const {
  bool is_null = json == "null";
  if (column.as_text && !is_null && json.front() != '"')
    return AppendJsonString(cursor_->Plain(row_, index).value_or(""), out);
  std::optional<int64_t> micros;
  if (column.format || column.unit != TimeUnit::kNone) micros = MicrosOf(json);
  if (micros && column.format) {
    std::string text;
    column.format->Append(*micros, &text);
    // A format that loses part of the time leaves it as it is, for the schema to refuse.
    bool keeps = column.is_date || column.format->ParseTimestamp(text) == micros;
    if (keeps) return AppendJsonString(text, out);
  }
  if (micros && column.unit != TimeUnit::kNone && *micros % MicrosPer(column.unit) == 0) {
    *out += std::to_string(*micros / MicrosPer(column.unit));
    return;
  }
  *out += json;
}

}  // namespace tailrace
