#include "server/http/cors.h"

#include <algorithm>

namespace tailrace::server {
namespace {

constexpr std::string_view kAll = "*";
// What routes read. No cookies: a page sends its key itself, so credentials of the browser are never allowed.
constexpr std::string_view kAllowedHeaders =
    "Accept, Authorization, Content-Encoding, Content-Type, Idempotency-Key, Last-Event-ID, X-API-Key";

}  // namespace

std::string_view Cors::AnswerTo(std::string_view origin) const {
  for (const std::string& allowed : origins_) {
    if (allowed == kAll) return kAll;
    if (allowed == origin) return allowed;
  }
  return {};
}

std::optional<Reply> Cors::Preflight(const Request& request, std::string_view methods) const {
  const bool is_question = request.method == "OPTIONS" && request.Has(HeaderField::kOrigin) && request.Has(HeaderField::kRequestMethod);
  if (!is_question || AnswerTo(request.Header(HeaderField::kOrigin)).empty()) return std::nullopt;
  Reply reply;
  reply.status = 204;
  reply.headers.emplace_back("Access-Control-Allow-Methods", std::string(methods));
  reply.headers.emplace_back("Access-Control-Allow-Headers", std::string(kAllowedHeaders));
  reply.headers.emplace_back("Access-Control-Max-Age", std::to_string(max_age_.count()));
  return reply;
}

}  // namespace tailrace::server
