#include "app/hiding_http.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "sources/poll_request.h"

namespace tailrace::app {
namespace {

// Shorter ones are in many paths by chance.
constexpr size_t kTextBytesMin = 4;

// "b/c" of "https://host/b/c/?d"; a value that is no address is meant whole, without the slashes around it.
std::string_view PathIn(std::string_view value) {
  const size_t scheme = value.find("://");
  if (scheme != std::string_view::npos) {
    value.remove_prefix(std::min(value.find_first_of("/?#", scheme + 3), value.size()));
    value = value.substr(0, value.find_first_of("?#"));
  }
  while (value.starts_with('/')) value.remove_prefix(1);
  while (value.ends_with('/')) value.remove_suffix(1);
  return value;
}

class HidingHttp final : public OutboundHttp {
 public:
  HidingHttp(std::unique_ptr<OutboundHttp> http, HiddenTexts hidden) : http_(std::move(http)), hidden_(std::move(hidden)) {}

  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token& stop) override {
    if (request.hidden != nullptr) return http_->Send(request, stop);
    OutboundRequest hiding = request;
    hiding.hidden = hidden_;
    return http_->Send(hiding, stop);
  }

 private:
  const std::unique_ptr<OutboundHttp> http_;
  const HiddenTexts hidden_;
};

}  // namespace

HiddenTexts HiddenInPaths(const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  for (const std::string& value : values) {
    const std::string_view path = PathIn(value);
    if (path.size() < kTextBytesMin) continue;
    texts.emplace_back(path);
    texts.push_back(UrlEncoded(path));
  }
  std::stable_sort(texts.begin(), texts.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return std::make_shared<const std::vector<std::string>>(std::move(texts));
}

std::unique_ptr<OutboundHttp> NewHidingHttp(std::unique_ptr<OutboundHttp> http, const std::vector<std::string>& values) {
  return std::make_unique<HidingHttp>(std::move(http), HiddenInPaths(values));
}

}  // namespace tailrace::app
