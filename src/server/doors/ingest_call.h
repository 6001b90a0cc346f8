// One request that brings records: what was found about each, and what was handed to the log for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/caller.h"
#include "model/fault.h"
#include "ports/event_log.h"
#include "server/doors/ingest_door.h"
#include "server/doors/text_arena.h"
#include "server/http/exchange.h"

namespace tailrace::server {

class AppendCompletions;
struct IngestCall;

// The part of a request that goes into one partition.
struct AppendPart final : AppendWaiter {
  void OnAppended(const Result<Appended>& appended) override;  // on the log's thread

  IngestCall* call = nullptr;
  size_t stream = 0;  // index into Pipeline::streams
  PartitionId partition;
  std::vector<NewRecord> records;
  Result<Appended> result;
  bool refused_at_once = false;  // the log did not take it: there is no trace of it
  AppendPart* next = nullptr;    // in the list of completions
};

// A record as it came, kept for the dead letters of a stream.
struct RefusedRecord {
  size_t stream = 0;     // index into Pipeline::streams
  int64_t record = 0;    // zero-based
  int64_t line = 0;      // from 1; 0 where the format has none
  std::string_view raw;  // into the body or the texts of its call
  std::string_view part;  // the JSON for this stream that was made of it; empty: there is none
  Fault fault;
};

struct RecordError {
  int64_t record = 0;  // zero-based
  int64_t line = 0;    // from 1; 0 where the format has none
  Fault fault;
};

// What became of a record, for a door that tells its client of each.
struct RecordOutcome {
  const AppendPart* part = nullptr;  // null: refused, and the next of IngestCall::errors is about it
  int64_t index = 0;                 // in the part

  // Where it stands; nullopt where it was refused or its part was not appended.
  std::optional<Offset> offset() const;
};

// Threads: its lane's loop. Used for one request after another, so that its memory is.
struct IngestCall {
  void Begin(ExchangePtr with, const IngestDoor& at);
  void Clear();
  AppendPart& PartFor(size_t stream, PartitionId partition);
  AppendPart& LettersFor(size_t stream);

  // Under which the request is known when it comes again; empty: none.
  std::string_view RepeatKey() const;

  ExchangePtr exchange;
  auth::CallerPtr caller;  // who sent it; null where nobody is asked who he is
  const IngestDoor* door = nullptr;
  bool dry_run = false;    // told what would become of it, and nothing of it is kept
  AppendCompletions* completions = nullptr;  // constant

  std::string expanded;       // the body, when it came compressed
  size_t budgeted_bytes = 0;  // of memory set aside for bodies, beside what the connection holds
  size_t records_charged = 0; // of them: for records and texts made so far
  std::optional<size_t> entered_bytes;  // admitted with so many
  std::chrono::steady_clock::time_point entered_at{};
  std::string_view body;      // what the records were read from
  TextArena texts;            // keys, and records that are not as in the body

  int64_t accepted = 0;  // records; once handed to the log, those of parts that it took
  int64_t rejected = 0;
  std::vector<RecordError> errors;  // the first ones; of a door with an envelope all
  std::vector<RecordOutcome> outcomes;  // of a door with an envelope, in the request's order
  std::optional<Fault> first_fault;
  std::string request_id;  // of a request with refused records that are kept
  std::string key_id;      // the same of any request with an Idempotency-Key
  std::vector<RefusedRecord> refused;  // of streams that keep them

  std::vector<std::unique_ptr<AppendPart>> parts;  // the first parts_used of them are this request's
  size_t parts_used = 0;
  std::vector<std::unique_ptr<AppendPart>> letters;  // the same for dead letters, one a stream
  size_t letters_used = 0;
  size_t pending = 0;  // parts and letters that the log has not told the end of
};

// The answer once every part has ended.
Reply IngestReply(IngestCall& call, const config::Pipeline& pipeline);

// How one record of a request ended: one of the three is there.
struct RecordEnd {
  PartitionId partition;         // of `offset`
  std::optional<Offset> offset;  // where it stands
  const Fault* refused = nullptr;
  const Error* failed = nullptr; // it was good, and the log did not take it
};

// Of a door with an envelope, once every part has ended: tells of each record, in the request's order.
template <typename Tell>
void ForEachRecord(const IngestCall& call, const Tell& tell) {
  size_t refused = 0;
  for (const RecordOutcome& outcome : call.outcomes) {
    RecordEnd end;
    if (outcome.part == nullptr) {
      end.refused = &call.errors[refused++].fault;
    } else if (const auto offset = outcome.offset()) {
      end.partition = outcome.part->partition;
      end.offset = offset;
    } else {
      end.failed = &outcome.part->result.error();
    }
    tell(end);
  }
}

// Whether there were records to append and the log took none of them.
bool NothingWasAppendedThatCould(const IngestCall& call);

// The same when some part failed.
Reply AppendFailureReply(const IngestCall& call, const config::Pipeline& pipeline);

}  // namespace tailrace::server
