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
#include "engine/letter_index.h"
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
  std::shared_ptr<StreamBatch> rows;
  std::vector<size_t> run_index;     // of each row in `rows`; shorter than the run when some did not fit
  std::vector<DecodeFault> faults;

  // Records sent again, for one materialisation alone: the place in the dead-letter log behind them. Else nullopt.
  std::optional<Offset> letters;

  // The positions after the first `row_count` rows.
  Positions PositionsAfter(size_t row_count) const;
  // The same of the dead-letter log; nullopt: as before.
  std::optional<Offset> LettersAfter(size_t row_count) const;

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
WorkKind KindNamed(std::string_view name);

struct Materialization {
  WorkKind kind = WorkKind::kTable;
  std::string name;
  bool operator==(const Materialization&) const = default;
};

// How far something is in a stream's order: its records, and the records that were sent again, which take their turn by the number that
// they were sent again under.
struct FeedPlace {
  Positions records;
  int64_t redrives = 0;   // LetterIndex::RedrivesBelow
  bool operator==(const FeedPlace&) const = default;
};

bool Covers(const FeedPlace& reached, const FeedPlace& wanted);

struct FeedLimits {
  size_t batch_rows_max = 20'000;
  size_t batch_bytes_max = size_t{8} << 20;
};

// Called with a batch and the materialisations that are to take it; blocks while their queues are full. After an error nobody has got it.
using Dispatch = std::function<Status(std::shared_ptr<const DecodedBatch>, const std::vector<Materialization>&)>;

// Which of these records, sent again, the materialisation has to take: those that it has refused so far.
using ChooseSent = std::function<Result<std::vector<bool>>(const Materialization&, const std::vector<OrderedRecord>&)>;

// Where the records that were sent again come from.
struct SentAgain {
  StreamId dead_letters;
  LetterIndex* index = nullptr;  // null: there are none
  ChooseSent choose;
};

// Feeds materialisations that may stand at different positions: those furthest behind are fed first, up to the next one, until all
// go on together.
// Threads: one thread runs Step; the rest from any while it does not run. Ownership: borrows everything.
class StreamFeed {
 public:
  StreamFeed(std::string stream, StreamId id, EventLog& log, Warehouse& warehouse, RecordDecoder decoder, FeedLimits limits,
             SentAgain sent = {});

  // Joins in at `positions`, and at `letters` of the dead-letter log. Before the first Step or between two.
  void Add(Materialization materialization, Positions positions, Offset letters = {});

  // Feeds it again from these places on. As Add, of one that has joined in.
  void PutBack(const Materialization& materialization, Positions positions, Offset letters);

  bool empty() const { return members_.empty(); }

  // Feeds one batch; false when there was nothing to feed. `until`: no record at or beyond this place.
  Result<bool> Step(const Dispatch& dispatch, const FeedPlace* until = nullptr);

  // Where the furthest member behind stands, as dispatched.
  FeedPlace Lowest() const;
  // The same of the dead-letter log.
  Offset LowestLetters() const;

 private:
  struct Member {
    Materialization materialization;
    Positions positions;
    Offset letters;
  };

  FeedPlace PlaceOf(const Member& member) const;
  const Member& LowestMember() const;
  Result<bool> StepRecords(const std::vector<Member*>& group, const Dispatch& dispatch, const FeedPlace* until, Seq below);
  Result<bool> StepSent(const std::vector<Member*>& group, const Dispatch& dispatch, const FeedPlace* until, Seq sent_stable);
  Result<std::vector<OrderedRecord>> ReadSent(Offset from, Seq below, int64_t count_max, Offset* after);
  Status GiveSent(Member& member, const std::vector<OrderedRecord>& sent, Offset after, const Dispatch& dispatch);
  Result<std::shared_ptr<DecodedBatch>> Decode(RecordRun run);
  void DecodeInto(DecodedBatch* batch);

  const std::string stream_;
  const StreamId id_;
  EventLog& log_;
  Warehouse& warehouse_;
  RecordDecoder decoder_;
  const FeedLimits limits_;
  const SentAgain sent_;
  std::vector<Member> members_;
  std::unique_ptr<OrderedReader> reader_;
};

}  // namespace tailrace::engine
