#include "server/http/origin_check.h"

#include <algorithm>

namespace tailrace::server {
namespace {

constexpr std::string_view kHint = "on loopback only localhost, 127.0.0.1 and [::1] are answered";

std::string_view WithoutPort(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool IsIpv4Loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  const auto dots = std::count(host.begin(), host.end(), '.');
  return dots == 3 && std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

bool IsLoopbackAuthority(std::string_view authority) {
  const std::string_view host = WithoutPort(authority);
  return IsIpv4Loopback(host) || host == "[::1]" || EqualsIgnoreCase(host, "localhost");
}

std::optional<OriginFault> ForeignOrigin(const Request& request, bool old_protocol) {
  const std::string_view host = request.Header(HeaderField::kHost);
  const bool may_lack_host = old_protocol || host.empty();  // a missing one is refused elsewhere, as malformed
  if (!(may_lack_host && host.empty()) && !IsLoopbackAuthority(host)) {
    return OriginFault{403, "foreign_host", "Host \"" + std::string(host) + "\" is not this machine", std::string(kHint)};
  }
  if (!request.Has(HeaderField::kOrigin)) return std::nullopt;
  std::string_view origin = request.Header(HeaderField::kOrigin);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && IsLoopbackAuthority(origin.substr(scheme.size()))) return std::nullopt;
  }
  return OriginFault{403, kForeignOrigin, "Origin \"" + std::string(origin) + "\" is another site", std::string(kHint)};
}

}  // namespace tailrace::server
