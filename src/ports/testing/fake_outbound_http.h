// Other servers, as a function.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "ports/outbound_http.h"

namespace tailrace {

// Threads: thread-safe when the function is; it is called by one at a time.
class FakeOutboundHttp final : public OutboundHttp {
 public:
  using Answer = std::function<Result<OutboundAnswer>(const OutboundRequest& request)>;

  explicit FakeOutboundHttp(Answer answer) : answer_(std::move(answer)) {}

  Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token&) override {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
    auto answer = answer_(request);
    if (answer && answer->url.empty()) answer->url = request.url;
    return answer;
  }

  std::vector<OutboundRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  const Answer answer_;
  mutable std::mutex mutex_;
  std::vector<OutboundRequest> requests_;  // protected by mutex_
};

// status 200 unless said otherwise
inline OutboundAnswer AnswerWith(std::string body, int status = 200, std::vector<std::pair<std::string, std::string>> headers = {}) {
  OutboundAnswer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return answer;
}

}  // namespace tailrace
