#include "app/scenario/relation_rows.h"

#include <fmt/format.h>

#include "engine/result_rows.h"
#include "server/streams/letters_json.h"

namespace tailrace::app {
namespace {

JsonValue EmptyObject() { return {.kind = JsonValue::Kind::kObject, .text = {}, .items = {}, .members = {}}; }

Result<std::vector<JsonValue>> AsObjects(const engine::ResultRows& result) {
  std::vector<JsonValue> rows;
  for (const auto& values : result.rows()) {
    JsonValue row = EmptyObject();
    for (size_t i = 0; i < values.size(); ++i) {
      TR_TRY(JsonValue value, ParseJson(values[i]));
      row.members.emplace_back(result.columns()[i].name, std::move(value));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Result<std::vector<JsonValue>> RowsOfRelation(Runtime& runtime, const std::string& name, WallTime now,
                                              const std::stop_token& stop) {
  QueryRequest request;
  const size_t dot = name.find('.');
  request.sql = dot == std::string::npos ? fmt::format("SELECT * FROM \"{}\"", name)
                                         : fmt::format("SELECT * FROM {}.\"{}\"", name.substr(0, dot), name.substr(dot + 1));
  request.rows_max = kRelationRowsMax;
  request.now_micros = now.micros;
  request.trusted = true;
  engine::ResultRows result;
  TR_TRY(const QuerySummary summary, runtime.warehouse().Query(request, result, stop));
  if (summary.truncated) return Fail(Error::Exhausted(fmt::format("more than {} rows", kRelationRowsMax)));
  return AsObjects(result);
}

Result<std::vector<JsonValue>> DeadLettersOf(Runtime& runtime, const std::string& stream) {
  engine::LetterFilter filter;
  filter.limit = kRelationRowsMax;
  TR_TRY(const auto page, runtime.engine().letters().Show(stream, filter));
  std::string body;
  server::JsonWriter json(body);
  json.BeginObject();
  server::WriteLetterPage(json, page);
  json.EndObject();
  TR_TRY(JsonValue shown, ParseJson(body));
  std::vector<JsonValue> letters = shown.Find("letters")->items;
  for (JsonValue& letter : letters) letter.members.emplace_back("stream", JsonValue{JsonValue::Kind::kString, stream, {}, {}});
  return letters;
}

}  // namespace tailrace::app
