#include "app/server_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/utf8.h"
#include "app/json_value.h"

namespace tailrace::app {
namespace {

constexpr int kNotFoundStatus = 404;
constexpr int kUnauthorizedStatus = 401;
constexpr int kForbiddenStatus = 403;
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

// Nothing for a text that cannot stand in a header: it is no key, and must not write fields of its own.
std::string KeyOfEnvironment() {
  const char* const value = std::getenv(kKeyVariable);
  if (value == nullptr) return {};
  std::string key(value);
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
  const bool is_sendable = std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
  return is_sendable ? key : std::string();
}

Result<std::shared_ptr<const crypto::TlsClientContext>> TrustIn(const config::TlsSpec& tls) {
  const crypto::TlsIdentity identity{tls.client_cert, tls.client_key};
  if (!identity.cert.empty()) return crypto::TlsClientContext::Pinned(tls.cert, &identity);
  if (tls.client_ca.empty()) return crypto::TlsClientContext::Pinned(tls.cert);
  return Fail(Error::Invalid("the server lets in only who shows a certificate (server.tls.client_ca): name one for commands as server.tls.client"));
}

}  // namespace

std::unique_ptr<HttpClient> ClientOf(const config::Pipeline& pipeline, std::optional<uint16_t> port) {
  auto client = std::make_unique<HttpClient>(ReachableHost(pipeline.server.host), port.value_or(pipeline.server.port));
  client->SetKey(KeyOfEnvironment());
  if (pipeline.server.tls) client->SetTls(TrustIn(*pipeline.server.tls));
  return client;
}

Status StatusOf(const HttpResponse& response) {
  if (response.status < 300) return {};
  const auto body = ParseJson(response.body);
  const JsonValue* error = body ? body->Find("error") : nullptr;
  if (error == nullptr) {
    return Fail(Error(CodeOf(response.status), fmt::format("the server answers {}: {}", response.status,
                                                           ShownText(response.body, kShownBytesMax))));
  }
  std::string message(error->TextOf("message"));
  if (response.status == kUnauthorizedStatus || response.status == kForbiddenStatus) {
    return Fail(Error(CodeOf(response.status), fmt::format("the server refuses: {}\nCommands send the key of the environment variable {}.",
                                                           message, kKeyVariable)));
  }
  if (const std::string_view hint = error->TextOf("hint"); !hint.empty()) message += fmt::format("\n{}", hint);
  return Fail(Error(CodeOf(response.status), std::move(message)));
}

Error NoServer(const HttpClient& client, const Error& error) {
  if (error.code() != ErrorCode::kUnavailable || !client.has_address()) return error;
  return Error::Unavailable(fmt::format("{}\nIs the server running? `tailrace run` starts it.", error.message()));
}

}  // namespace tailrace::app
