#include "server/queries/result_sinks.h"

#include <algorithm>

#include "model/json_tokens.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kCsvLineEnd = "\r\n";

void AppendCsvText(std::string_view text, std::string& out) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

bool TextSink::Begin(std::span<const ColumnInfo> columns) {
  JsonWriter json(columns_json_);
  json.BeginArray();
  for (const ColumnInfo& column : columns) json.BeginObject().Text("name", column.name).Text("type", column.type).EndObject();
  json.EndArray();
  AppendHeader(columns, text_);
  return true;
}

bool TextSink::Row(std::span<const std::string_view> json_values) {
  AppendRow(json_values, first_, text_);
  first_ = false;
  is_over_ = text_.size() > bytes_max_;
  return !is_over_;
}

void RowArraysSink::AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) {
  if (!first) out += ',';
  out += '[';
  for (size_t i = 0; i < json_values.size(); ++i) {
    if (i > 0) out += ',';
    out += json_values[i];
  }
  out += ']';
}

void RowObjectsSink::AppendHeader(std::span<const ColumnInfo> columns, std::string&) {
  for (const ColumnInfo& column : columns) {
    std::string prefix(1, prefixes_.empty() ? '{' : ',');
    AppendJsonText(prefix, column.name);
    prefix += ':';
    prefixes_.push_back(std::move(prefix));
  }
}

void RowObjectsSink::AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) {
  if (!first) out += ',';
  for (size_t i = 0; i < json_values.size(); ++i) {
    out += prefixes_[i];
    out += json_values[i];
  }
  out += '}';
}

void ChoicesSink::AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) {
  if (!first) out += ',';
  out += "{\"value\":";
  out += json_values.front();
  out += ",\"label\":";
  out += json_values[std::min<size_t>(1, json_values.size() - 1)];
  out += '}';
}

void CsvSink::AppendHeader(std::span<const ColumnInfo> columns, std::string& out) {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) out += ',';
    AppendCsvText(columns[i].name, out);
  }
  out += kCsvLineEnd;
}

void CsvSink::AppendRow(std::span<const std::string_view> json_values, bool, std::string& out) {
  for (size_t i = 0; i < json_values.size(); ++i) {
    if (i > 0) out += ',';
    const std::string_view value = json_values[i];
    if (value == "null") continue;
    if (value.size() >= 2 && value.front() == '"') {
      scratch_.clear();
      // The store wrote it, so it is well formed.
      UnescapeJson(value.substr(1, value.size() - 2), &scratch_);
      AppendCsvText(scratch_, out);
    } else {
      AppendCsvText(value, out);
    }
  }
  out += kCsvLineEnd;
}

}  // namespace tailrace::server
