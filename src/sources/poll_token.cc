#include "sources/poll_token.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "model/json_members.h"
#include "model/json_text.h"
#include "sources/poll_request.h"

namespace tailrace {
namespace {

constexpr int64_t kMicros = 1'000'000;
// Of a token whose server does not say.
constexpr int64_t kLifeSeconds = 300;
// Before its end, so that it does not end on its way.
constexpr int64_t kMarginSeconds = 30;
constexpr int64_t kLifeSecondsMost = 366 * 86'400;

OutboundRequest TokenRequest(const config::PollSourceSpec& spec) {
  const config::PollAuth& auth = spec.auth;
  OutboundRequest request;
  request.method = "POST";
  request.url = auth.token_url;
  request.headers = {{"Authorization", BasicCredentials(UrlEncoded(auth.name), UrlEncoded(auth.value)), true},
                     {"Content-Type", "application/x-www-form-urlencoded", false},
                     {"Accept", "application/json", false}};
  request.body = "grant_type=client_credentials";
  if (!auth.scope.empty()) request.body += "&scope=" + UrlEncoded(auth.scope);
  if (!auth.audience.empty()) request.body += "&audience=" + UrlEncoded(auth.audience);
  request.allow_private = spec.allow_private;
  request.redirects_max = 0;  // the secret goes to this address and to no other
  request.tries_max = spec.tries_max;
  request.timeout = spec.timeout;
  return request;
}

int64_t SecondsOf(std::optional<std::string_view> text) {
  int64_t seconds = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), seconds).ec != std::errc()) return kLifeSeconds;
  return std::min(seconds, kLifeSecondsMost);
}

}  // namespace

Result<std::string> PollToken::Get(const std::stop_token& stop) {
  const WallTime now = clock_.Now();
  if (!token_.empty() && now < ends_) return token_;
  auto answer = http_.Send(TokenRequest(spec_), stop);
  if (!answer) return Fail(answer.error().With("no token"));
  const std::string from = ShownAddress(spec_.auth.token_url, answer->hidden);
  if (answer->status != 200) return Fail(Error::Unavailable(fmt::format("no token: {} answered with status {}", from, answer->status)));
  JsonDocument document;
  const bool is_json = !document.Parse(answer->body);
  const auto token = is_json ? document.Find("/access_token") : std::nullopt;
  auto text = token ? JsonStringValue(*token) : Fail(Error::Invalid(""));
  if (!text || text->empty()) return Fail(Error::Unavailable(fmt::format("no token: {} answered without access_token", from)));
  token_ = std::move(*text);
  ends_ = WallTime{now.micros + (SecondsOf(document.Find("/expires_in")) - kMarginSeconds) * kMicros};
  return token_;
}

}  // namespace tailrace
