#include "app/scenario/relation_rows.h"

#include <fmt/format.h>

#include "engine/result_rows.h"

namespace tailrace::app {
namespace {

constexpr size_t kReadBytes = 1 << 20;

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
  request.sql = fmt::format("SELECT * FROM \"{}\"", name);
  request.rows_max = kRelationRowsMax;
  request.now_micros = now.micros;
  request.trusted = true;
  engine::ResultRows result;
  TR_TRY(const QuerySummary summary, runtime.warehouse().Query(request, result, stop));
  if (summary.truncated) return Fail(Error::Exhausted(fmt::format("more than {} rows", kRelationRowsMax)));
  return AsObjects(result);
}

Result<std::vector<JsonValue>> DeadLettersOf(Runtime& runtime, const std::string& stream) {
  std::vector<JsonValue> letters;
  const StreamId id = runtime.streams().at(stream).dead_letters;
  const auto partitions = runtime.log().Partitions(id);
  for (size_t p = 0; p < partitions.size(); ++p) {
    Offset next = partitions[p].begin;
    while (next < partitions[p].end) {
      TR_TRY(const auto batches, runtime.log().Read(id, PartitionId{static_cast<int32_t>(p)}, next, kReadBytes));
      for (const LogBatch& batch : batches) {
        for (const LogRecord& record : batch.records) {
          TR_TRY(JsonValue letter, ParseJson(record.value));
          letters.push_back(std::move(letter));
          next = record.offset.Plus(1);
        }
      }
    }
  }
  return letters;
}

}  // namespace tailrace::app
