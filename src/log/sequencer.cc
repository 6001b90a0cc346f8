#include "log/sequencer.h"

#include <algorithm>

namespace tailrace::log {

Sequencer::Slot Sequencer::AddPartition(int32_t stream) {
  const std::lock_guard lock(mutex_);
  const Slot slot{static_cast<int32_t>(on_its_way_.size())};
  on_its_way_.push_back(kNone);
  const auto index = static_cast<size_t>(stream);
  if (of_stream_.size() <= index) of_stream_.resize(index + 1);
  of_stream_[index].push_back(slot.value);
  return slot;
}

void Sequencer::StartAt(int64_t next_seq, int64_t newest_ms) {
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, next_seq);
  newest_ms_ = std::max(newest_ms_, newest_ms);
}

Sequencer::Ticket Sequencer::Take(Slot slot, int64_t records, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const Ticket ticket{Seq{next_}, std::max(newest_ms_, now_ms)};
  next_ += records;
  newest_ms_ = ticket.timestamp_ms;
  on_its_way_[static_cast<size_t>(slot.value)] = ticket.first.value;
  return ticket;
}

void Sequencer::Done(Slot slot) {
  const std::lock_guard lock(mutex_);
  on_its_way_[static_cast<size_t>(slot.value)] = kNone;
}

Seq Sequencer::StableBelow(int32_t stream) const {
  const std::lock_guard lock(mutex_);
  int64_t lowest = next_;
  for (const int32_t slot : of_stream_[static_cast<size_t>(stream)]) {
    lowest = std::min(lowest, on_its_way_[static_cast<size_t>(slot)]);
  }
  return Seq{lowest};
}

Seq Sequencer::next() const {
  const std::lock_guard lock(mutex_);
  return Seq{next_};
}

}  // namespace tailrace::log
