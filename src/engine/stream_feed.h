// Turns a stream of the log into decoded batches and hands each to the workers that keep the materialisations.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/ordered_reader.h"
#include "model/ids.h"
#include "model/record_decoder.h"
#include "ports/event_log.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

// A record of the log that no longer fits the schema.
struct DecodeFault {
  size_t index = 0;  // in the run
  Fault fault;
};

// Records of one stream, decoded once and shared by every materialisation.
struct DecodedBatch {
  std::string stream;
  RecordRun run;
  std::unique_ptr<StreamBatch> rows;
  std::vector<size_t> run_index;     // of each row in `rows`; shorter than the run when some did not fit
  std::vector<DecodeFault> faults;

  // The positions after the first `row_count` rows.
  Positions PositionsAfter(size_t row_count) const;

  // The records of the run that a commit of these rows consumes: the rows, the undecodable before them, and after the last
  // row those behind it.
  struct Consumed {
    int64_t read = 0;
    int64_t undecodable = 0;
  };
  Consumed ConsumedBy(RowRange range) const;
};

enum class WorkKind { kRows, kTable, kCollection };

// "rows", "table", "collection": as Progress and people name them.
std::string_view KindName(WorkKind kind);

struct Materialization {
  WorkKind kind = WorkKind::kTable;
  std::string name;
  bool operator==(const Materialization&) const = default;
};

struct FeedLimits {
  size_t batch_rows_max = 20'000;
  size_t batch_bytes_max = size_t{8} << 20;
};

// Called with a batch and the materialisations that are to take it; blocks while their queues are full. False: stop.
using Dispatch = std::function<bool(std::shared_ptr<const DecodedBatch>, const std::vector<Materialization>&)>;

// Feeds materialisations that may stand at different positions: those furthest behind are fed first, up to the next one, until all
// go on together.
// Threads: one thread runs Step; the rest from any while it does not run. Ownership: borrows everything.
class StreamFeed {
 public:
  StreamFeed(std::string stream, StreamId id, EventLog& log, Warehouse& warehouse, RecordDecoder decoder, FeedLimits limits);

  // Joins in at `positions`. Before the first Step or between two.
  void Add(Materialization materialization, Positions positions);

  bool empty() const { return members_.empty(); }

  // Feeds one batch; false when there was nothing to feed. `until`: no record at or beyond these positions.
  Result<bool> Step(const Dispatch& dispatch, const Positions* until = nullptr);

  // Where the furthest member behind stands, as dispatched.
  Positions Lowest() const;

 private:
  struct Member {
    Materialization materialization;
    Positions positions;
  };

  Result<std::shared_ptr<const DecodedBatch>> Decode(RecordRun run);
  void DecodeInto(DecodedBatch* batch);

  const std::string stream_;
  const StreamId id_;
  EventLog& log_;
  Warehouse& warehouse_;
  RecordDecoder decoder_;
  const FeedLimits limits_;
  std::vector<Member> members_;
  std::unique_ptr<OrderedReader> reader_;
};

}  // namespace tailrace::engine
