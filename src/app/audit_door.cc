#include "app/audit_door.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>

#include "app/folder.h"
#include "app/server_client.h"
#include "server/streams/audit_json.h"
#include "server/streams/trace_json.h"

namespace tailrace::app {
namespace {

using AskRuntime = std::function<Status(Runtime& runtime, server::JsonWriter& json)>;

Result<JsonValue> InFolder(Runtime& runtime, const AskRuntime& ask) {
  std::string body;
  server::JsonWriter json(body);
  TR_RETURN_IF_ERROR(ask(runtime, json));
  return ParseJson(body);
}

Result<JsonValue> AtServer(HttpClient& client, const std::string& target, const std::stop_token& stop) {
  TR_TRY(const HttpResponse response, client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, stop));
  TR_RETURN_IF_ERROR(StatusOf(response));
  return ParseJson(response.body);
}

// The folder when it is free, else the server that has it.
Result<JsonValue> Ask(config::Pipeline pipeline, std::optional<uint16_t> port, const std::string& target, const AskRuntime& ask,
                      const std::stop_token& stop) {
  const auto client = ClientOf(pipeline, port);
  auto runtime = OpenFolder(std::move(pipeline));
  if (runtime) return InFolder(**runtime, ask);
  if (runtime.error().code() != ErrorCode::kConflict) return Fail(runtime.error());
  TR_RETURN_IF_ERROR(FindServer(*client, runtime.error(), stop));
  return AtServer(*client, target, stop);
}

}  // namespace

Result<JsonValue> AskForAudit(config::Pipeline pipeline, const AuditRequest& request, const std::stop_token& stop) {
  const auto ask = [&](Runtime& runtime, server::JsonWriter& json) -> Status {
    TR_TRY(const auto audit, request.recount ? runtime.auditor().Recount(stop) : runtime.auditor().Now());
    server::WriteAudit(json, audit, [](std::string_view) { return true; });
    return {};
  };
  return Ask(std::move(pipeline), request.port, request.recount ? "/audit?recount=true" : "/audit", ask, stop);
}

Result<JsonValue> AskForTrace(config::Pipeline pipeline, const TraceRequest& request, const std::stop_token& stop) {
  const auto ask = [&](Runtime& runtime, server::JsonWriter& json) -> Status {
    TR_TRY(const auto trace, engine::TraceRecord(runtime.auditor().subjects(), request.stream, PartitionId{request.partition}, Offset{request.offset}, stop));
    server::WriteTrace(json, trace);
    return {};
  };
  const std::string target = fmt::format("/trace/{}/{}/{}", PercentEncoded(request.stream), request.partition, request.offset);
  return Ask(std::move(pipeline), request.port, target, ask, stop);
}

}  // namespace tailrace::app
