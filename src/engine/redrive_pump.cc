#include "engine/redrive_pump.h"

#include <utility>

#include "base/logging.h"
#include "engine/patience.h"

namespace tailrace::engine {
RedrivePump::RedrivePump(EventLog& log, DeadLetterWriter& dead_letters, TargetOf target_of)
    : log_(log), dead_letters_(dead_letters), target_of_(std::move(target_of)) {}

void RedrivePump::Add(const std::string& stream, StreamId dead_letters) {
  lanes_[stream].dead_letters = dead_letters;
  log_.Subscribe(dead_letters, [this] { Wake(); });
}

void RedrivePump::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void RedrivePump::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void RedrivePump::Wake() {
  const std::lock_guard lock(mutex_);
  ++changes_;
  woken_.notify_all();
}

bool RedrivePump::Consumed(std::string_view stream, Offset at) const {
  const std::lock_guard lock(mutex_);
  const auto lane = lanes_.find(stream);
  return lane != lanes_.end() && at < lane->second.consumed;
}

void RedrivePump::Run(const std::stop_token& stop) {
  int64_t seen = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      if (!woken_.wait(lock, stop, [&] { return changes_ != seen; })) return;
      seen = changes_;
    }
    for (auto& [stream, lane] : lanes_) {
      const Status drained = Drain(stream, lane, stop);
      if (stop.stop_requested()) return;
      if (drained) {
        (void)lane.endurance.Worked();
        lane.told.clear();
        continue;
      }
      const std::string& reason = drained.error().message();
      if (reason != lane.told) LogWarning("redrive_waits", {{"stream", stream}, {"reason", reason}});
      lane.told = reason;
      lane.pump.reset();
      if (!SleepUnlessStopped(lane.endurance.Failed(std::chrono::steady_clock::now()).count(), stop)) return;
      Wake();
    }
  }
}

Status RedrivePump::Drain(const std::string& stream, Lane& lane, const std::stop_token& stop) {
  if (lane.pump == nullptr) {
    TR_TRY(PumpTarget target, target_of_(stream));
    auto source = std::make_unique<RedriveSource>(log_, lane.dead_letters);
    lane.source = source.get();
    std::vector<PumpTarget> targets;
    targets.push_back(std::move(target));
    lane.pump = std::make_unique<SourcePump>(std::string(kRedriveSource), std::move(source), std::move(targets), log_, dead_letters_);
    lane.pump->PlacesAre(PlaceUnit::kEntry);
    lane.pump->OnRefused([from = lane.source](DeadLetter* letter) { from->KeepName(letter); });
  }
  TR_RETURN_IF_ERROR(lane.pump->Run(stop, [](const Error&) {}));
  const std::lock_guard lock(mutex_);
  lane.consumed = lane.source->position();
  return {};
}

}  // namespace tailrace::engine
