#include "server/http/event_pipe.h"

#include <utility>

namespace tailrace::server {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kComment = ":\n\n";

}  // namespace

std::shared_ptr<EventPipe> EventPipe::Begin(const ExchangePtr& exchange, Clock& clock) {
  std::shared_ptr<EventPipe> pipe(new EventPipe(exchange, clock));
  Reply head;
  head.content_type = kEventStream;
  head.headers.emplace_back("Cache-Control", "no-cache");
  exchange->BeginStream(std::move(head));
  pipe->last_written_ = clock.Monotonic();
  pipe->KeepAlive();
  return pipe;
}

bool EventPipe::Send(std::string_view event, std::string_view data, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool free =
      taken_.wait(lock, stop, [this] { return waiting_.size() < kWaitingBytesMax || gone_.stop_requested(); });
  if (!free || gone_.stop_requested()) return false;
  waiting_.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
  if (!std::exchange(posted_, true)) loop_.Post([self = shared_from_this()] { self->Drain(); });
  return true;
}

void EventPipe::End() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  if (!std::exchange(posted_, true)) loop_.Post([self = shared_from_this()] { self->Drain(); });
}

void EventPipe::Drain() {
  if (exchange_ == nullptr) return;
  std::string events;
  bool last = false;
  {
    std::lock_guard lock(mutex_);
    if (exchange_->unsent_bytes() == 0 || waiting_.empty()) {
      events.swap(waiting_);
      posted_ = false;
      last = ended_;
      taken_.notify_all();
    }
  }
  if (!events.empty()) last_written_ = clock_.Monotonic();
  if (!exchange_->WriteStream(events)) return Leave();
  if (last) {
    exchange_->EndStream();
    exchange_.reset();
    return;
  }
  std::lock_guard lock(mutex_);
  if (posted_) loop_.After(kBetweenTries, [self = shared_from_this()] { self->Drain(); });
}

void EventPipe::KeepAlive() {
  if (exchange_ == nullptr) return;
  const auto now = clock_.Monotonic();
  const bool silent = now - last_written_ >= kSignOfLife;
  if (silent) last_written_ = now;
  if (!exchange_->WriteStream(silent ? kComment : "")) return Leave();
  loop_.After(kSignOfLife, [self = shared_from_this()] { self->KeepAlive(); });
}

void EventPipe::Leave() {
  exchange_.reset();
  gone_.request_stop();
  std::lock_guard lock(mutex_);
  taken_.notify_all();
}

}  // namespace tailrace::server
