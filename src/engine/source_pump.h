// Carries the rows of one source into its streams, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/source_appender.h"
#include "ports/source.h"

namespace tailrace::engine {

// Threads: Run from one thread; counts from any. Ownership: borrows log and dead letters, owns the source.
class SourcePump {
 public:
  SourcePump(std::string name, std::unique_ptr<Source> source, std::vector<PumpTarget> targets, EventLog& log,
             DeadLetterWriter& dead_letters);

  // Until the source has ended (success), `stop` (kCancelled), or an error that waiting does not mend. `trouble` hears of faults that do pass.
  Status Run(const std::stop_token& stop, const std::function<void(const Error&)>& trouble);

  // Asked before each batch is read: why it must wait, or nothing. Then it is asked again until nothing; or, with `ends`, Run ends with
  // that error, and goes on from there another time. Before Run.
  void HoldWhile(std::function<std::optional<Error>()> held_up, bool ends) {
    held_up_ = std::move(held_up);
    ends_when_held_up_ = ends;
  }

  // Called with the letter of each refused row before it is written. Before Run.
  void OnRefused(std::function<void(DeadLetter*)> complete) { appender_.OnRefused(std::move(complete)); }

  // What the places of rows without a line count. Before Run.
  void PlacesAre(PlaceUnit unit) { appender_.PlacesAre(unit); }

  const std::string& name() const { return appender_.name(); }
  const PumpCounts& counts() const { return appender_.counts(); }
  // Something passing holds it up: `trouble` has heard of it, and it has not gone on since.
  bool waiting() const { return waiting_; }
  int64_t size_hint() const { return source_->SizeHint(); }

 private:
  Status Append(const SourceBatch& batch, const std::stop_token& stop, const std::function<void(const Error&)>& trouble);

  const std::unique_ptr<Source> source_;
  SourceAppender appender_;
  std::atomic<bool> waiting_{false};
  std::function<std::optional<Error>()> held_up_;
  bool ends_when_held_up_ = false;
};

}  // namespace tailrace::engine
