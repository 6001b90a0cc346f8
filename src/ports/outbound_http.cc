#include "ports/outbound_http.h"

#include <algorithm>

namespace tailrace {

std::string_view OutboundAnswer::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

namespace {

constexpr std::string_view kHidden = "…";

std::string WithoutHidden(std::string path, const std::vector<std::string>& hidden) {
  for (const std::string& text : hidden) {
    for (size_t at = path.find(text); at != std::string::npos; at = path.find(text, at + kHidden.size())) path.replace(at, text.size(), kHidden);
  }
  return path;
}

}  // namespace

std::string ShownAddress(std::string_view url, const HiddenTexts& hidden) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return "(an address without http://)";
  const size_t host = scheme_end + 3;
  const size_t path = std::min(url.find_first_of("/?#", host), url.size());
  const size_t at = url.substr(host, path - host).rfind('@');  // a name and password may stand before it
  const size_t shown_host = at == std::string_view::npos ? host : host + at + 1;
  const size_t end = std::min(url.find_first_of("?#", host), url.size());
  const std::string shown = std::string(url.substr(0, host)) + std::string(url.substr(shown_host, path - shown_host));
  std::string path_text(url.substr(path, end - path));
  return shown + (hidden == nullptr ? path_text : WithoutHidden(std::move(path_text), *hidden));
}

}  // namespace tailrace
