#include "notify/webhook.h"

#include "base/logging.h"
#include "model/json_text.h"

namespace tailrace::notify {
namespace {

constexpr int kStatusEnd = 300;
constexpr int kTooManyRequests = 429;
constexpr int kServerFault = 500;

// As ShownAddress has it.
std::string PathOf(std::string_view url) {
  const std::string shown = ShownAddress(url);
  const size_t scheme = shown.find("://");
  const size_t slash = scheme == std::string::npos ? scheme : shown.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : shown.substr(slash);
}

class WebhookNotifier final : public Notifier {
 public:
  WebhookNotifier(WebhookOptions options, OutboundHttp& http)
      : options_(std::move(options)), hidden_(std::make_shared<const std::vector<std::string>>(1, PathOf(options_.url))), http_(http) {}

  Status Send(const Notification& notification, std::stop_token stop) override {
    OutboundRequest request;
    request.method = "POST";
    request.url = options_.url;
    request.hidden = hidden_;
    request.headers = options_.headers;
    request.headers.push_back({"Content-Type", "application/json", false});
    request.body = WebhookBody(notification);
    request.allow_private = options_.allow_private;
    TR_TRY(const OutboundAnswer answer, http_.Send(request, stop));
    if (answer.status < kStatusEnd) return {};
    std::string text = "the webhook answered with status " + std::to_string(answer.status);
    const bool later = answer.status == kTooManyRequests || answer.status >= kServerFault;
    return Fail(later ? Error::Unavailable(std::move(text)) : Error::Invalid(std::move(text)));
  }

 private:
  const WebhookOptions options_;
  const HiddenTexts hidden_;  // the path of such an address is the secret
  OutboundHttp& http_;
};

class LogNotifier final : public Notifier {
 public:
  Status Send(const Notification& notification, std::stop_token) override {
    LogWarning("notification", {{"subject", notification.subject}, {"text", notification.text}});
    return {};
  }
};

}  // namespace

std::string WebhookBody(const Notification& notification) {
  std::string body = "{\"text\":";
  AppendJsonString("*" + notification.subject + "*" + (notification.text.empty() ? "" : "\n" + notification.text), &body);
  return body + "}";
}

std::unique_ptr<Notifier> NewWebhookNotifier(WebhookOptions options, OutboundHttp& http) {
  return std::make_unique<WebhookNotifier>(std::move(options), http);
}

std::unique_ptr<Notifier> NewLogNotifier() { return std::make_unique<LogNotifier>(); }

}  // namespace tailrace::notify
