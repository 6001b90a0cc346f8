#include "http_client/retrying_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace tailrace::http_client {
namespace {

using std::chrono::milliseconds;

bool IsPassing(int status) {
  return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

bool IsPassing(const Result<OutboundAnswer>& outcome) {
  return outcome ? IsPassing(outcome->status) : outcome.error().code() == ErrorCode::kUnavailable;
}

class RetryingHttp final : public OutboundHttp {
 public:
  RetryingHttp(std::unique_ptr<OutboundHttp> inner, Clock& clock, Random& random, RetryWait wait)
      : inner_(std::move(inner)), clock_(clock), random_(random), wait_(std::move(wait)) {}

  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token& stop) override {
    milliseconds delay = std::clamp(request.retry_delay, milliseconds(1), kRetryDelayMax);
    for (int tries = 1;; ++tries) {
      auto outcome = inner_->Send(request, stop);
      if (tries >= request.tries_max || !IsPassing(outcome)) return outcome;
      const milliseconds wait = std::max(Jittered(delay), outcome ? Asked(*outcome) : milliseconds(0));
      if (wait > kRetryAfterMax) return outcome;
      if (!wait_(wait, stop)) return Fail(Error::Cancelled("stopping"));
      delay = std::min(delay * 2, kRetryDelayMax);
    }
  }

 private:
  milliseconds Jittered(milliseconds delay) {
    const auto half = static_cast<uint64_t>(delay.count() / 2);
    return milliseconds(static_cast<int64_t>(half + random_.Below(half + 1)));
  }

  milliseconds Asked(const OutboundAnswer& answer) {
    const std::string_view text = answer.Header("retry-after");
    return text.empty() ? milliseconds(0) : ReadRetryAfter(text, clock_.Now());
  }

  const std::unique_ptr<OutboundHttp> inner_;
  Clock& clock_;
  Random& random_;
  const RetryWait wait_;
};

}  // namespace

milliseconds ReadRetryAfter(std::string_view text, WallTime now) {
  constexpr int64_t kMillis = 1'000;
  constexpr int64_t kSecondsEnough = 1'000'000'000;  // more is as good as never
  constexpr milliseconds kNeither{-1};
  int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
    return seconds < 0 ? kNeither : milliseconds(std::min(seconds, kSecondsEnough) * kMillis);
  }
  const time_t date = curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return kNeither;
  return milliseconds(std::max<int64_t>(static_cast<int64_t>(date) * kMillis - now.millis(), 0));
}

RetryWait WaitOnTheMachine() {
  return [](milliseconds wait, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, wait, [] { return false; });
    return !stop.stop_requested();
  };
}

std::unique_ptr<OutboundHttp> NewRetryingHttp(std::unique_ptr<OutboundHttp> inner, Clock& clock, Random& random, RetryWait wait) {
  return std::make_unique<RetryingHttp>(std::move(inner), clock, random, std::move(wait));
}

}  // namespace tailrace::http_client
