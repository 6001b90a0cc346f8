#include "server/http/admission.h"

#include <algorithm>

namespace tailrace::server {
namespace {

using std::chrono::nanoseconds;

// What a request costs beside its bytes, in bytes that take as long.
constexpr size_t kRequestCost = 1 << 10;
// What may always be in flight: after a quiet time the rate is not known.
constexpr size_t kRoomMin = 4 << 20;
// One that finds more than this in flight waits for it.
constexpr size_t kCrowd = 1 << 20;
// How much longer than the shortest answer those at the end of a full queue may take.
constexpr int kShortestAnswers = 4;
constexpr nanoseconds kNone = nanoseconds::max();

}  // namespace

Admission::Admission(std::chrono::milliseconds delay_target, Clock& clock, Metrics& metrics)
    : delay_target_(delay_target),
      clock_(clock),
      refused_(metrics.AddCounter("tailrace_ingest_shed_requests_total", "Appends refused because others were waiting already.")),
      room_(kRoomMin),
      window_began_(clock.Monotonic()),
      window_shortest_(kNone),
      crowded_at_(Time::min()) {
  shortest_.fill(kNone);
}

bool Admission::HasRoom(size_t body_bytes) {
  std::lock_guard lock(mutex_);
  if (in_flight_ == 0 || in_flight_ + body_bytes + kRequestCost <= room_) return true;
  refused_.Add();
  return false;
}

bool Admission::Enter(size_t body_bytes, nanoseconds waited) {
  std::lock_guard lock(mutex_);
  const size_t cost = body_bytes + kRequestCost;
  if (in_flight_ > 0 && (in_flight_ + cost > room_ || waited > delay_target_)) {
    refused_.Add();
    return false;
  }
  if (in_flight_ > kCrowd) crowded_at_ = clock_.Monotonic();
  in_flight_ += cost;
  return true;
}

void Admission::Leave(size_t body_bytes, Time entered) {
  const Time now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  const size_t cost = body_bytes + kRequestCost;
  in_flight_ -= cost;
  window_done_ += cost;
  if (entered > crowded_at_) window_shortest_ = std::min(window_shortest_, nanoseconds(now - entered));
  if (now - window_began_ >= kWindow) EndWindow(now);
}

void Admission::EndWindow(Time now) {
  rates_[window_] = static_cast<double>(window_done_) / static_cast<double>(nanoseconds(now - window_began_).count());
  shortest_[window_] = window_shortest_;
  window_ = (window_ + 1) % kWindows;
  window_began_ = now;
  window_done_ = 0;
  window_shortest_ = kNone;
  const double rate = *std::max_element(rates_.begin(), rates_.end());
  const nanoseconds shortest = *std::min_element(shortest_.begin(), shortest_.end());
  if (shortest != kNone) known_shortest_ = shortest;
  const nanoseconds delay = std::max(delay_target_, known_shortest_ * kShortestAnswers);
  room_ = std::max(kRoomMin, static_cast<size_t>(rate * static_cast<double>(delay.count())));
}

size_t Admission::room() const {
  std::lock_guard lock(mutex_);
  return room_;
}

}  // namespace tailrace::server
