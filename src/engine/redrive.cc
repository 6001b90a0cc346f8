#include "engine/redrive.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crash_point.h"
#include "engine/append_call.h"
#include "engine/byte_text.h"
#include "engine/json_writer.h"
#include "engine/result_rows.h"
#include "model/json_text.h"
#include "model/json_tokens.h"

namespace tailrace::engine {
namespace {

constexpr size_t kPageLetters = 1000;

// The letters come in as one parameter, so that the SELECT sees them and nothing else has to know of them.
constexpr std::string_view kDeadLetters =
    "WITH dead_letters AS (SELECT CAST(value->>'letter' AS BIGINT) AS letter, value->>'fault' AS fault, value->>'stage' AS stage, "
    "value->>'materialization' AS materialization, value->>'pointer' AS pointer, value->>'reason' AS reason, "
    "epoch_ms(CAST(value->>'time_ms' AS BIGINT)) AS \"time\", value->>'source' AS source, value->>'item' AS item, "
    "CAST(value->>'line' AS BIGINT) AS line, value->>'request' AS request, CAST(value->>'partition' AS INTEGER) AS \"partition\", "
    "CAST(value->>'offset' AS BIGINT) AS \"offset\", value->>'raw' AS raw, value->'record' AS record "
    "FROM json_each($letters)) SELECT * FROM (";

// The JSON of the record, as far as there is one.
std::string_view JsonOf(const DeadLetter& letter) {
  if (!letter.record.empty()) return letter.record;
  return CheckJson(letter.raw) ? std::string_view() : std::string_view(letter.raw);
}

void AppendLetter(const StoredLetter& stored, std::string* json) {
  const DeadLetter& letter = stored.entry.letter;
  JsonObjectWriter object;
  object.Int("letter", stored.at.value).Text("fault", stored.entry.fault).Text("stage", StageName(letter.stage));
  if (!letter.materialization.empty()) object.Text("materialization", letter.materialization);
  if (!letter.pointer.empty()) object.Text("pointer", letter.pointer);
  object.Text("reason", letter.reason).Int("time_ms", stored.entry.time_ms);
  if (!letter.source.empty()) object.Text("source", letter.source);
  if (!letter.item.empty()) object.Text("item", letter.item);
  if (letter.line > 0) object.Int("line", letter.line);
  if (!letter.request.empty()) object.Text("request", letter.request);
  if (letter.partition) object.Int("partition", letter.partition->value).Int("offset", letter.offset.value);
  if (IsUtf8(letter.raw)) object.Text("raw", letter.raw);
  if (const std::string_view record = JsonOf(letter); !record.empty()) object.Raw("record", record);
  if (!json->empty()) *json += ',';
  *json += object.Finish();
}

// The end of a quoted text or comment that begins at `at`, or `at`: there is none.
size_t BehindQuotedOrComment(std::string_view sql, size_t at) {
  const auto behind = [&](std::string_view end, size_t from) {
    const size_t found = sql.find(end, from);
    return found == std::string_view::npos ? sql.size() : found + end.size();
  };
  if (sql[at] == '\'' || sql[at] == '"') return behind(sql.substr(at, 1), at + 1);
  if (sql.substr(at, 2) == "--") return behind("\n", at);
  return sql.substr(at, 2) == "/*" ? behind("*/", at) : at;
}

// The SELECT as a part of another: without the semicolon at its end, and what comments may stand around that.
std::string WithoutSemicolon(std::string_view sql) {
  std::string text;
  for (size_t i = 0; i < sql.size();) {
    const size_t end = BehindQuotedOrComment(sql, i);
    if (end == i) {
      text += sql[i++];
      continue;
    }
    text += sql[i] == '-' || sql[i] == '/' ? std::string_view("\n") : sql.substr(i, end - i);
    i = end;
  }
  text.resize(text.find_last_not_of(" \t\r\n;") + 1);
  return text;
}

struct Columns {
  size_t letter = 0;
  size_t record = 0;
};

Result<Columns> ColumnsOf(const std::vector<ColumnInfo>& columns) {
  std::optional<size_t> letter;
  std::optional<size_t> record;
  std::optional<size_t> raw;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == "letter") letter = i;
    if (columns[i].name == "record") record = i;
    if (columns[i].name == "raw") raw = i;
  }
  if (!letter) return Fail(Error::Invalid("the fix returns no column `letter`: SELECT letter, ... AS record FROM dead_letters"));
  if (!record && !raw) return Fail(Error::Invalid("the fix returns no column `record` (nor `raw`): the new record, as JSON"));
  return Columns{*letter, record ? *record : *raw};
}

// A value of the answer as the text of a record: an object as it is, a text as what it says. Nullopt: null.
Result<std::optional<std::string>> RecordOf(const std::string& json) {
  if (json == "null") return std::nullopt;
  if (json.front() == '{') return json;
  std::string text;
  if (json.front() != '"' || UnescapeJson(std::string_view(json).substr(1, json.size() - 2), &text) != JsonFault::kNone) {
    return Fail(Error::Invalid(fmt::format("the fix returns {} as a record: a JSON object, or the text of one, is wanted", json.substr(0, 60))));
  }
  return text;
}

std::string OneLine(std::string record) {
  ReplaceLineBreaks(record.data(), record.size());
  return record;
}

}  // namespace

Result<RedriveReport> Redriver::Run(const RedriveRequest& request, const std::stop_token& stop) {
  RedriveReport report;
  LetterFilter filter;
  filter.fault = request.fault;
  filter.limit = kPageLetters;
  // Those refused again meanwhile are of the next redrive.
  TR_TRY(const LetterPage probe, letters_.Show(request.stream, filter));
  (void)probe;
  const Offset end = letters_.index(request.stream)->end();
  while (!stop.stop_requested()) {
    const auto page = letters_.Show(request.stream, filter);
    // The last letter of a fault has been sent: there is no such fault any more.
    if (!page && report.letters > 0 && page.error().code() == ErrorCode::kNotFound) return report;
    if (!page) return Fail(page.error());
    std::vector<StoredLetter> open;
    for (const StoredLetter& letter : page->letters) {
      if (!letter.pending && letter.at < end) open.push_back(letter);
    }
    report.letters += static_cast<int64_t>(open.size());
    TR_TRY(const auto fixed, Fix(open, request.fix_sql, stop));
    report.left += static_cast<int64_t>(open.size() - fixed.size());
    TR_RETURN_IF_ERROR(request.dry_run ? Foretell(fixed, &report) : Send(fixed, &report));
    if (!page->next || *page->next >= end) return report;
    filter.after = page->next;
  }
  return Fail(Error::Cancelled("stopping"));
}

Result<std::vector<FixedLetter>> Redriver::Fix(const std::vector<StoredLetter>& letters, const std::string& sql,
                                              const std::stop_token& stop) {
  std::vector<FixedLetter> fixed;
  if (sql.empty()) {
    for (const StoredLetter& letter : letters) {
      const std::string_view record = JsonOf(letter.entry.letter);
      if (!record.empty()) fixed.push_back({letter, OneLine(std::string(record))});
    }
    return fixed;
  }
  std::string json;
  for (const StoredLetter& letter : letters) AppendLetter(letter, &json);
  QueryRequest query;
  query.sql = std::string(kDeadLetters) + WithoutSemicolon(sql) + "\n)";
  QueryParameter parameter;
  parameter.name = "letters";
  parameter.value = "[" + json + "]";
  parameter.type.kind = TypeKind::kString;
  query.parameters.push_back(std::move(parameter));
  query.rows_max = letters.size() + 1;
  query.now_micros = clock_.Now().micros;
  ResultRows result;
  TR_TRY(const QuerySummary summary, warehouse_.Query(query, result, stop));
  (void)summary;
  TR_TRY(const Columns columns, ColumnsOf(result.columns()));
  std::map<Offset, std::string> records;
  for (const auto& row : result.rows()) {
    Offset letter{-1};
    const std::string& id = row[columns.letter];
    (void)std::from_chars(id.data(), id.data() + id.size(), letter.value);
    TR_TRY(auto record, RecordOf(row[columns.record]));
    if (!record) continue;
    if (!records.emplace(letter, std::move(*record)).second) {
      return Fail(Error::Invalid(fmt::format("the fix returns letter {} more than once", letter.value)));
    }
  }
  for (const StoredLetter& letter : letters) {
    const auto record = records.find(letter.at);
    if (record == records.end()) continue;
    fixed.push_back({letter, OneLine(std::move(record->second))});
    records.erase(record);
  }
  if (!records.empty()) {
    return Fail(Error::Invalid(fmt::format("the fix returns {} as a letter, which is none of those it was given", records.begin()->first.value)));
  }
  return fixed;
}

Status Redriver::Send(const std::vector<FixedLetter>& fixed, RedriveReport* report) {
  std::vector<NamedValue> values;
  for (const FixedLetter& one : fixed) {
    LetterEntry entry = one.letter.entry;
    entry.kind = LetterKind::kRedrive;
    entry.answers = one.letter.at;
    entry.letter.raw = one.record;
    entry.time_ms = clock_.Now().millis();
    values.push_back({fmt::format("redrive/{}", one.letter.at.value), RedriveJson(entry)});
  }
  if (values.empty()) return {};
  const auto before = log_.Partitions(dead_letters_).front().end;
  TR_RETURN_IF_ERROR(AppendEach(log_, dead_letters_, values));
  TR_CRASH_POINT("engine.redrive_page_sent");
  if (!report->first) report->first = before;
  report->last = log_.Partitions(dead_letters_).front().end;
  report->sent += static_cast<int64_t>(values.size());
  return {};
}

Status Redriver::Foretell(const std::vector<FixedLetter>& fixed, RedriveReport* report) {
  TR_TRY(const auto verdicts, judge_(fixed));
  report->sent += static_cast<int64_t>(fixed.size());
  for (size_t i = 0; i < fixed.size(); ++i) {
    if (!verdicts[i]) continue;
    ++report->failing;
    if (report->failures.size() < RedriveReport::kFailuresMax) report->failures.push_back({fixed[i].letter.at, *verdicts[i]});
  }
  return {};
}

}  // namespace tailrace::engine
