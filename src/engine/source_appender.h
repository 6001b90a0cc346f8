// Puts batches of a source's rows into its streams: checked, partitioned, appended together with the source's position.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

// Exactly once: a row that the log holds already, of the same place in the same item, is left out.
// Threads:    one; counts from any. Ownership: borrows log and dead letters.
// Durability: what was appended is on stable storage when Append returns, its position with it.
class SourceAppender {
 public:
  // Asked when the disk or a queue is full: whether to try again.
  using OnFull = std::function<bool(const Error&)>;

  SourceAppender(std::string name, std::vector<PumpTarget> targets, EventLog& log, DeadLetterWriter& dead_letters);
  ~SourceAppender();

  // An item begins, or is gone on with: where the log says it is to be read from; nullopt from its beginning. What is appended next
  // must begin there.
  std::optional<ResumePoint> Open(std::string_view item);

  // Where the next batch of the item has to begin.
  const ResumePoint& next() const { return batch_start_; }

  // The rows that follow those of the last call. Errors: of the log; kExhausted: `on_full` said no. After an error some of the batch may
  // be in the log: Open tells where to go on.
  Status Append(const SourceBatch& batch, const OnFull& on_full);

  // Called with the letter of each refused row before it is written.
  void OnRefused(std::function<void(DeadLetter*)> complete) { on_refused_ = std::move(complete); }

  // What the places of rows without a line count.
  void PlacesAre(PlaceUnit unit) { unit_ = unit; }

  // With whose key the rows come; empty: with none.
  void ComeFrom(std::string client) { client_ = std::move(client); }

  const std::string& name() const { return name_; }
  const PumpCounts& counts() const { return counts_; }

 private:
  struct Bucket;   // what one partition gets of a batch
  struct Lane;     // one target, with its partitions

  void Sort(const SourceBatch& batch);
  void SortRow(const SourceBatch& batch, const SourceRow& row, Lane& lane);
  Status Submit(const SourceBatch& batch, const OnFull& on_full);
  Status AppendBuckets(Lane& lane, const SourcePosition& position, const Origin& origin);
  SourcePosition PositionOf(const SourceBatch& batch) const;
  Origin OriginOf(const SourceBatch& batch) const;

  const std::string name_;
  EventLog& log_;
  DeadLetterWriter& dead_letters_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  ResumePoint batch_start_;  // where the batch in hand begins
  PumpCounts counts_;
  std::function<void(DeadLetter*)> on_refused_;
  PlaceUnit unit_ = PlaceUnit::kRow;
  std::string client_;
};

// A source position's detail in the log: where the batch it rides with begins, and what the source noted at its end
// (docs/formats/log.md). A batch is appended to several partitions, so after a crash some may lack it: reading starts again at its
// beginning, and each partition drops what it has.
std::string PositionDetail(const ResumePoint& start, std::string_view end_detail);

// The way back, with the position's `next`; nullopt: that is no such detail.
std::optional<ResumePoint> ParsePositionDetail(std::string_view text, int64_t next);

}  // namespace tailrace::engine
