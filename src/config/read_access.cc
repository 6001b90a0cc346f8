// Who may come in, and over what: server.auth, jwt, tls, cors.
#include <algorithm>
#include <filesystem>

#include "config/quantity.h"
#include "config/read_access.h"

namespace tailrace::config {
namespace {

constexpr int64_t kLeewayMaxMs = 300'000;
constexpr int64_t kCorsMaxAgeMaxMs = 86'400'000;

bool IsAddress(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

// Plain HTTP is believed from this machine alone: whoever stands between could put in keys of his own.
bool IsTrustworthy(std::string_view address) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!address.starts_with(host)) continue;
    const std::string_view rest = address.substr(host.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return address.starts_with("https://");
}

std::chrono::milliseconds DurationOf(const Node& mapping, std::string_view key, std::chrono::milliseconds fallback, int64_t max_ms,
                                     Reading& reading) {
  const Node* const node = Find(mapping, key);
  const auto value = node == nullptr ? std::nullopt : ParseDuration(node->text);
  if (!value) return fallback;
  if (*value > max_ms) reading.report.Error(node->begin, "expected at most " + DurationText(max_ms) + ", found " + Quoted(node->shown()));
  return std::chrono::milliseconds(*value);
}

void ReadJwt(const Node& server, Reading& reading) {
  const Node* const body = Find(server, "jwt");
  if (body == nullptr || body->kind != NodeKind::kMapping) return;
  JwtSpec jwt;
  jwt.issuer = TextOr(*body, "issuer", "");
  const Node* const audience = Find(*body, "audience");
  if (audience != nullptr) jwt.audiences = audience->kind == NodeKind::kSequence ? TextsOf(*body, "audience") : std::vector{audience->text};
  jwt.algorithms = TextsOf(*body, "algorithms");
  jwt.roles_claim = TextOr(*body, "roles", jwt.roles_claim);
  jwt.limits_claim = TextOr(*body, "limits", "");
  jwt.leeway = DurationOf(*body, "leeway", jwt.leeway, kLeewayMaxMs, reading);
  if (const Node* const jwks = Find(*body, "jwks")) {
    jwt.jwks = IsAddress(jwks->text) ? jwks->text : reading.Absolute(jwks->text);
    if (IsAddress(jwks->text) && !IsTrustworthy(jwks->text)) {
      reading.report.Error(jwks->begin, "keys that come over plain http from another machine can be anybody's: use https");
    }
  }
  reading.pipeline.server.jwt = std::move(jwt);
}

void ReadTls(const Node& server, Reading& reading) {
  const Node* const body = Find(server, "tls");
  if (body == nullptr || body->kind != NodeKind::kMapping) return;
  TlsSpec tls;
  tls.cert = reading.Absolute(TextOr(*body, "cert", ""));
  tls.key = reading.Absolute(TextOr(*body, "key", ""));
  if (const std::string ca = TextOr(*body, "client_ca", ""); !ca.empty()) tls.client_ca = reading.Absolute(ca);
  if (const Node* const client = Find(*body, "client"); client != nullptr && client->kind == NodeKind::kMapping) {
    tls.client_cert = reading.Absolute(TextOr(*client, "cert", ""));
    tls.client_key = reading.Absolute(TextOr(*client, "key", ""));
  }
  reading.pipeline.server.tls = std::move(tls);
}

// SCHEME://HOST[:PORT], as browsers send it.
bool IsOrigin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view host = text.substr(scheme.size());
    const bool is_lower = std::none_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return !host.empty() && is_lower && host.find_first_of("/?#@* \t\r\n,\"") == std::string_view::npos;
  }
  return false;
}

void ReadCors(const Node& server, Reading& reading) {
  const Node* const body = Find(server, "cors");
  if (body == nullptr || body->kind != NodeKind::kMapping) return;
  CorsSpec cors;
  cors.origins = TextsOf(*body, "origins");
  cors.max_age = DurationOf(*body, "max_age", cors.max_age, kCorsMaxAgeMaxMs, reading);
  if (const Node* const origins = Find(*body, "origins"); origins != nullptr && origins->kind == NodeKind::kSequence) {
    for (const auto& origin : origins->items) {
      if (origin->text == "*" || IsOrigin(origin->text)) continue;
      reading.report.Error(origin->begin, "expected an origin such as https://app.example.org, or \"*\", found " + Quoted(origin->shown()));
    }
  }
  reading.pipeline.server.cors = std::move(cors);
}

}  // namespace

void ReadAccess(const Node& body, Reading& reading) {
  ServerSpec& server = reading.pipeline.server;
  const std::string auth = TextOr(body, "auth", "");
  server.commands = BoolOr(body, "commands", false);
  server.auth_none = auth == "none";
  server.auth_keys = auth == "keys";
  ReadJwt(body, reading);
  ReadTls(body, reading);
  ReadCors(body, reading);
  if (server.auth_none && server.jwt) {
    reading.report.Error(Find(body, "jwt")->begin, "auth: none lets everyone in, and jwt only who has a token: leave one of them out");
  }
}

}  // namespace tailrace::config
