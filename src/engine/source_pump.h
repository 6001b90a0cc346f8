// Carries the rows of one source into its streams: checked, partitioned, appended together with the source's position.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/append_call.h"
#include "engine/dead_letter.h"
#include "model/record_decoder.h"
#include "ports/event_log.h"
#include "ports/source.h"

namespace tailrace::engine {

struct PumpTarget {
  std::string stream;
  StreamId id;
  StreamId dead_letters;
  int32_t partitions = 1;
  std::string pointer;       // the part of each row that goes there; empty: the whole
  RecordDecoder decoder;
};

struct PumpCounts {
  std::atomic<int64_t> accepted{0};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> bytes{0};
};

// Threads: Run from one thread; counts from any. Ownership: borrows log and dead letters, owns the source.
class SourcePump {
 public:
  SourcePump(std::string name, std::unique_ptr<Source> source, std::vector<PumpTarget> targets, EventLog& log,
             DeadLetterWriter& dead_letters);
  ~SourcePump();

  // Until the source has ended (success), `stop` (kCancelled), or an error that waiting does not mend. `trouble` hears of faults that do pass.
  Status Run(const std::stop_token& stop, const std::function<void(const Error&)>& trouble);

  // Asked before each batch is read: why it must wait, or nothing. Then it is asked again until nothing; or, with `ends`, Run ends with
  // that error, and goes on from there another time. Before Run.
  void HoldWhile(std::function<std::optional<Error>()> held_up, bool ends) {
    held_up_ = std::move(held_up);
    ends_when_held_up_ = ends;
  }

  // Called with the letter of each refused row before it is written. Before Run.
  void OnRefused(std::function<void(DeadLetter*)> complete) { on_refused_ = std::move(complete); }

  // What the places of rows without a line count. Before Run.
  void PlacesAre(PlaceUnit unit) { unit_ = unit; }

  const std::string& name() const { return name_; }
  const PumpCounts& counts() const { return counts_; }
  // Something passing holds it up: `trouble` has heard of it, and it has not gone on since.
  bool waiting() const { return waiting_; }
  int64_t size_hint() const { return source_->SizeHint(); }

 private:
  struct Bucket;   // what one partition gets of a batch
  struct Lane;     // one target, with its partitions

  std::optional<ResumePoint> Resume(std::string_view item);
  void Sort(const SourceBatch& batch);
  void SortRow(const SourceBatch& batch, const SourceRow& row, Lane& lane);
  Status Submit(const SourceBatch& batch, const std::stop_token& stop, const std::function<void(const Error&)>& trouble);
  Status AppendBuckets(Lane& lane, const SourcePosition& position, const Origin& origin);
  SourcePosition PositionOf(const SourceBatch& batch) const;
  Origin OriginOf(const SourceBatch& batch) const;

  const std::string name_;
  const std::unique_ptr<Source> source_;
  EventLog& log_;
  DeadLetterWriter& dead_letters_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::string item_;           // of the batch in hand
  ResumePoint batch_start_;    // where the batch in hand begins
  PumpCounts counts_;
  std::atomic<bool> waiting_{false};
  std::function<void(DeadLetter*)> on_refused_;
  std::function<std::optional<Error>()> held_up_;
  bool ends_when_held_up_ = false;
  PlaceUnit unit_ = PlaceUnit::kRow;
};

}  // namespace tailrace::engine
