#include "sources/query_rows.h"

#include "model/json_text.h"
#include "model/times.h"

namespace tailrace {
namespace {

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

std::string ParquetRelation(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    const bool means_more = c == '*' || c == '?' || c == '[';
    if (means_more) pattern += '[';
    pattern += c;
    if (means_more) pattern += ']';
  }
  return "read_parquet(" + sql::QuoteLiteral(pattern) + ", hive_partitioning = false)";
}

Result<QueryRows> QueryRows::Open(sql::Connection& connection, std::string_view query, size_t hidden,
                                  const Schema& schema, std::stop_token stop) {
  TR_TRY(std::unique_ptr<sql::QueryCursor> cursor, sql::QueryCursor::Open(connection, query, {}, std::move(stop), sql::NonFinite::kText));
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
  column.time = TimeSpelling::Of(type);
  column.is_timed = type.unit != TimeUnit::kNone || !type.format.empty();
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
  if (column.as_text && json != "null" && json.front() != '"')
    return AppendJsonString(cursor_->Plain(row_, index).value_or(""), out);
  std::optional<int64_t> micros;
  if (column.is_timed) micros = MicrosOf(json);
  if (micros && column.time.Append(*micros, out)) return;
  *out += json;
}

}  // namespace tailrace
