#include "app/web_address.h"

#include <fmt/format.h>

#include <charconv>

namespace tailrace::app {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

}  // namespace

Result<WebAddress> ParseWebAddress(std::string_view text) {
  const auto wrong = [] { return Fail(Error::Invalid("expected an address such as https://id.example.org/keys.json")); };
  WebAddress address;
  address.tls = text.starts_with(kHttps);
  if (!address.tls && !text.starts_with(kHttp)) return wrong();
  text.remove_prefix(address.tls ? kHttps.size() : kHttp.size());
  const size_t path = std::min(text.find_first_of("/?#"), text.size());
  std::string_view authority = text.substr(0, path);
  address.target = text.substr(path);
  address.target.resize(std::min(address.target.find('#'), address.target.size()));
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  if (address.target.find_first_of(" \r\n\t") != std::string::npos || authority.find_first_of("@ \r\n\t\\") != std::string_view::npos) return wrong();
  address.port = address.tls ? kHttpsPort : kHttpPort;
  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view digits = authority.substr(colon + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (failed != std::errc() || end != digits.data() + digits.size() || address.port == 0) return wrong();
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return wrong();
  address.host = authority;
  return address;
}

std::unique_ptr<HttpClient> ClientOf(const WebAddress& address) {
  auto client = std::make_unique<HttpClient>(address.host, address.port);
  if (address.tls) client->SetTls(crypto::TlsClientContext::Public());
  return client;
}

}  // namespace tailrace::app
