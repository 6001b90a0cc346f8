#include "app/audit_door.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/runtime.h"
#include "app/server_client.h"
#include "server/audit_json.h"

namespace tailrace::app {
namespace {

Result<JsonValue> InFolder(Runtime& runtime, const AuditRequest& request, const std::stop_token& stop) {
  TR_TRY(const auto audit, request.recount ? runtime.auditor().Recount(stop) : runtime.auditor().Now());
  std::string body;
  server::JsonWriter json(body);
  server::WriteAudit(json, audit, [](std::string_view) { return true; });
  return ParseJson(body);
}

Result<JsonValue> AtServer(HttpClient& client, const AuditRequest& request, const std::stop_token& stop) {
  const std::string target = request.recount ? "/audit?recount=true" : "/audit";
  TR_TRY(const HttpResponse response, client.Send({.method = "GET", .target = target, .headers = {}, .body = {}}, stop));
  TR_RETURN_IF_ERROR(StatusOf(response));
  return ParseJson(response.body);
}

}  // namespace

Result<JsonValue> AskForAudit(config::Pipeline pipeline, const AuditRequest& request, const std::stop_token& stop) {
  const auto client = ClientOf(pipeline, request.port);
  RuntimeOptions options;
  options.serve = false;
  options.read_sources = false;
  auto runtime = Runtime::Open(std::move(pipeline), std::move(options));
  if (runtime) return InFolder(**runtime, request, stop);
  if (runtime.error().code() != ErrorCode::kConflict) return Fail(runtime.error());
  const auto answer = client->Send({.method = "GET", .target = "/healthz", .headers = {}, .body = {}}, stop);
  if (!answer) {
    return Fail(Error::Unavailable(fmt::format("{}\nNor is it a server that can be asked: {}", runtime.error().message(),
                                               answer.error().message())));
  }
  return AtServer(*client, request, stop);
}

}  // namespace tailrace::app
