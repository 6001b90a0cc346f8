#include "server/queries/export_route.h"

#include <string>
#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

Result<ExportFormat> FormatOf(std::string_view name) {
  if (name == "parquet") return ExportFormat::kParquet;
  if (name == "csv") return ExportFormat::kCsv;
  if (name == "jsonl") return ExportFormat::kJsonl;
  return Fail(Error::Invalid("\"format\" is one of parquet, csv, jsonl"));
}

Result<ExportOrder> OrderOf(std::string_view body) {
  TR_TRY(const auto members, JsonMembers(body));
  ExportOrder order;
  for (const auto& [name, value] : members) {
    if (name == "sql") {
      TR_TRY(order.sql, JsonStringValue(value));
    } else if (name == "to") {
      TR_TRY(order.to, JsonStringValue(value));
    } else if (name == "format") {
      TR_TRY(const std::string format, JsonStringValue(value));
      TR_TRY(order.format, FormatOf(format));
    } else if (name == "partition_by") {
      TR_TRY(const auto columns, SplitJsonArray(value));
      for (const JsonPart& column : columns) {
        TR_TRY(std::string text, JsonStringValue(column.text));
        order.partition_by.push_back(std::move(text));
      }
    } else {
      return Fail(Error::Invalid("there is no member \"" + name + "\"; there are sql, to, format and partition_by"));
    }
  }
  if (order.sql.empty()) return Fail(Error::Invalid("\"sql\" is missing: one SELECT"));
  if (order.to.empty() || order.to.front() != '/') return Fail(Error::Invalid("\"to\" is an absolute path on the server's machine"));
  return order;
}

Reply ExportReply(const Result<int64_t>& rows) {
  if (!rows) return ErrorReply(rows.error());
  Reply reply;
  JsonWriter(reply.body).BeginObject().Int("rows", *rows).EndObject();
  return reply;
}

void Start(Exports* exports, const ExchangePtr& exchange) {
  auto order = OrderOf(exchange->request().body);
  if (!order) return exchange->Send(ErrorReply(order.error()));
  if (exports == nullptr) return exchange->Send(ErrorReply(501, "not_available", "this server exports nothing"));
  const Status started = exports->Start(std::move(*order), exchange->Gone(), [exchange](const Result<int64_t>& rows) {
    exchange->loop().Post([exchange, reply = ExportReply(rows)]() mutable { exchange->Send(std::move(reply)); });
  });
  if (!started) exchange->Send(ErrorReply(started.error()));
}

}  // namespace

RouteSpec ExportRoute(Exports* exports) {
  RouteSpec route(Access::Whole(auth::Role::kAdmin));
  route.method = "POST";
  route.pattern = "/export";
  route.summary = "Write the answer of a SELECT to files of the server's machine: {\"sql\", \"to\", \"format\"?, \"partition_by\"?}. Answered when they are in place.";
  route.takes_body = true;
  route.consumes = {"application/json"};
  route.handler = [exports](const ExchangePtr& exchange) { Start(exports, exchange); };
  return route;
}

}  // namespace tailrace::server
