#include "server/queries/query_reply.h"

#include <memory>
#include <utility>

#include "server/binary_answers.h"
#include "server/http/json_out.h"
#include "server/queries/as_of.h"
#include "server/queries/chart_sink.h"
#include "server/queries/result_sinks.h"

namespace tailrace::server {
namespace {

std::unique_ptr<TextSink> MakeSink(const QueryAsk& ask, size_t bytes_max) {
  if (ask.shape != QueryShape::kOne && ask.format == ResultFormat::kCsv) return std::make_unique<CsvSink>(bytes_max);
  if (ask.shape == QueryShape::kColumnsAndRows || ask.shape == QueryShape::kTile) return std::make_unique<RowArraysSink>(bytes_max);
  if (ask.shape == QueryShape::kChoices) return std::make_unique<ChoicesSink>(bytes_max);
  return std::make_unique<RowObjectsSink>(bytes_max);
}

Reply QueryErrorReply(const Error& error) {
  if (error.code() == ErrorCode::kInvalid) return ErrorReply(400, "invalid_sql", error.message());
  if (error.code() == ErrorCode::kCancelled) return ErrorReply(503, "cancelled", error.message());
  return ErrorReply(error);
}

Reply JsonReply(const QueryAsk& ask, const TextSink& sink, const QuerySummary& summary) {
  Reply reply;
  reply.body.reserve(sink.text().size() + sink.columns_json().size() + 256);
  JsonWriter json(reply.body);
  json.BeginObject();
  if (ask.shape == QueryShape::kChoices) {
    json.Key("choices").BeginArray();
    reply.body += sink.text();
    json.EndArray();
  } else if (ask.shape != QueryShape::kData) {
    json.Raw("columns", sink.columns_json()).Key("rows").BeginArray();
    reply.body += sink.text();
    json.EndArray();
  } else {
    json.Key("data").BeginArray();
    reply.body += sink.text();
    json.EndArray().Int("rows", static_cast<int64_t>(summary.rows));
  }
  if (ask.shape == QueryShape::kTile) {
    json.Bool("cut", summary.truncated);
  } else if (summary.truncated) {
    json.Bool("truncated", true);
  }
  json.Key("as_of");
  WriteAsOf(json, summary.as_of);
  json.EndObject();
  return reply;
}

Reply RunChart(Warehouse& warehouse, const QueryAsk& ask, const Limits& limits, std::stop_token stop) {
  ChartSink sink(limits.query_bytes_max, ask.title);
  const auto summary = warehouse.Query(ask.request, sink, std::move(stop));
  if (!summary) return QueryErrorReply(summary.error());
  if (!sink.can_draw()) {
    return ErrorReply(406, "not_acceptable", "no column of the answer holds numbers, so there is nothing to draw", "ask for application/json or text/csv");
  }
  Reply reply;
  reply.content_type = "image/svg+xml";
  reply.body = sink.Draw(summary->truncated);
  if (summary->truncated) reply.headers.emplace_back("Tailrace-Truncated", "true");
  SetAsOf(reply, summary->as_of);
  return reply;
}

Reply TooLargeReply(const Limits& limits) {
  return ErrorReply(413, "result_too_large", "the answer is larger than " + std::to_string(limits.query_bytes_max) + " bytes",
                    "select less, or fewer rows with LIMIT");
}

Reply RunBinary(BinaryAnswers* answers, const QueryAsk& ask, const Limits& limits, const std::stop_token& stop) {
  if (answers == nullptr) return ErrorReply(406, "not_acceptable", "this server answers queries as text alone");
  const bool is_parquet = ask.format == ResultFormat::kParquet;
  auto answer = answers->Make(ask.request, is_parquet ? BinaryForm::kParquet : BinaryForm::kArrow, limits.query_bytes_max, stop);
  if (!answer) return QueryErrorReply(answer.error());
  if (answer->is_over) return TooLargeReply(limits);
  Reply reply;
  reply.content_type = is_parquet ? kParquetType : kArrowType;
  reply.body = std::move(answer->bytes);
  if (answer->summary.truncated) reply.headers.emplace_back("Tailrace-Truncated", "true");
  SetAsOf(reply, answer->summary.as_of);
  return reply;
}

}  // namespace

Reply RunQuery(const Services& services, const QueryAsk& ask, const Limits& limits, std::stop_token stop) {
  Warehouse& warehouse = services.warehouse;
  const bool is_binary = ask.format == ResultFormat::kParquet || ask.format == ResultFormat::kArrow;
  if (ask.shape != QueryShape::kOne && is_binary) return RunBinary(services.binary_answers, ask, limits, stop);
  if (ask.shape != QueryShape::kOne && ask.format == ResultFormat::kSvg) return RunChart(warehouse, ask, limits, std::move(stop));
  const std::unique_ptr<TextSink> sink = MakeSink(ask, limits.query_bytes_max);
  const auto summary = warehouse.Query(ask.request, *sink, std::move(stop));
  if (sink->is_over()) return TooLargeReply(limits);
  if (!summary) return QueryErrorReply(summary.error());
  Reply reply;
  if (ask.shape == QueryShape::kOne) {
    if (summary->rows == 0) return ErrorReply(404, "not_found", "there is no such row");
    reply.body = sink->text();
  } else if (ask.format == ResultFormat::kCsv) {
    reply.content_type = "text/csv; charset=utf-8";
    reply.body = sink->text();
    if (summary->truncated) reply.headers.emplace_back("Tailrace-Truncated", "true");
  } else {
    reply = JsonReply(ask, *sink, *summary);
  }
  SetAsOf(reply, summary->as_of);
  return reply;
}

}  // namespace tailrace::server
