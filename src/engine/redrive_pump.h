// Appends to their streams the records that were sent again, exactly once each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "base/endurance.h"
#include "base/result.h"
#include "engine/redrive_source.h"
#include "engine/source_pump.h"

namespace tailrace::engine {

// One thread for all streams: it sleeps until a dead-letter log grows.
// Threads: Start and Stop from one thread; the rest from any. Ownership: borrows log and writer.
class RedrivePump {
 public:
  // A target is made anew after each error, because what was appended is then asked of the log again.
  using TargetOf = std::function<Result<PumpTarget>(std::string_view stream)>;

  RedrivePump(EventLog& log, DeadLetterWriter& dead_letters, TargetOf target_of);

  // Before the start.
  void Add(const std::string& stream, StreamId dead_letters);

  void Start();
  void Stop();
  void Wake();

  // Whether the entry at this place of the stream's dead-letter log has been seen to: appended, or refused into a new letter.
  bool Consumed(std::string_view stream, Offset at) const;

 private:
  struct Lane {
    StreamId dead_letters;
    RedriveSource* source = nullptr;   // of `pump`
    std::unique_ptr<SourcePump> pump;
    Offset consumed;                   // protected by mutex_
    Endurance endurance;
    std::string told;                  // why it waits, as the operator knows already
  };

  void Run(const std::stop_token& stop);
  Status Drain(const std::string& stream, Lane& lane, const std::stop_token& stop);

  EventLog& log_;
  DeadLetterWriter& dead_letters_;
  const TargetOf target_of_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  int64_t changes_ = 1;                // protected by mutex_; once for the start
  std::map<std::string, Lane, std::less<>> lanes_;  // its keys constant after the start
  std::jthread thread_;
};

}  // namespace tailrace::engine
