#include "app/server_client.h"

#include <fmt/format.h>

#include "app/json_value.h"

namespace tailrace::app {
namespace {

constexpr int kNotFoundStatus = 404;
constexpr int kClientFaults = 400;
constexpr int kServerFaults = 500;
constexpr size_t kShownBytesMax = 300;

ErrorCode CodeOf(int status) {
  if (status == kNotFoundStatus) return ErrorCode::kNotFound;
  return status >= kClientFaults && status < kServerFaults ? ErrorCode::kInvalid : ErrorCode::kUnavailable;
}

// An address that means "all of this machine" is reached at its own loopback.
std::string ReachableHost(const std::string& host) {
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

}  // namespace

std::unique_ptr<HttpClient> ClientOf(const config::Pipeline& pipeline, std::optional<uint16_t> port) {
  return std::make_unique<HttpClient>(ReachableHost(pipeline.server.host), port.value_or(pipeline.server.port));
}

Status StatusOf(const HttpResponse& response) {
  if (response.status < 300) return {};
  const auto body = ParseJson(response.body);
  const JsonValue* error = body ? body->Find("error") : nullptr;
  if (error == nullptr) {
    return Fail(Error(CodeOf(response.status), fmt::format("the server answers {}: {}", response.status,
                                                           response.body.substr(0, kShownBytesMax))));
  }
  std::string message(error->TextOf("message"));
  if (const std::string_view hint = error->TextOf("hint"); !hint.empty()) message += fmt::format("\n{}", hint);
  return Fail(Error(CodeOf(response.status), std::move(message)));
}

Error NoServer(const Error& error) {
  if (error.code() != ErrorCode::kUnavailable) return error;
  return Error::Unavailable(fmt::format("{}\nIs the server running? `tailrace run` starts it.", error.message()));
}

}  // namespace tailrace::app
