// Where one record came from, and where it is now.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/auditor.h"
#include "model/ids.h"
#include "model/origin.h"

namespace tailrace::engine {

enum class Fate { kInFlight, kEmitted, kFiltered, kDeadLettered, kFailsNow };

std::string_view FateName(Fate fate);

struct TracedCommit {
  int64_t number = 0;        // of the materialisation, from 1
  int64_t time_ms = 0;
};

// An entry of the dead-letter log that speaks of the record.
struct TracedEntry {
  std::string what;          // "letter", "sent again", "settled"
  Offset at;                 // in the dead-letter log
  int64_t time_ms = 0;
  std::string reason;        // of a letter
};

struct TracedMaterialization {
  std::string kind;
  std::string name;
  Fate fate = Fate::kInFlight;
  std::string reason;        // of a dead letter, or why it would fail now
  std::optional<TracedCommit> commit;  // that took it, or the last one sent again; while the journal of commits holds it
  std::vector<std::string> keys;       // of the documents that it has a part in
  std::vector<TracedEntry> letters;    // oldest first
};

// Of the run of records that it came with; texts of its own.
struct TracedOrigin {
  OriginKind kind = OriginKind::kUnknown;
  std::string name;
  std::string client;
  std::string item;
  std::string request;
  PlaceUnit unit = PlaceUnit::kNone;
  int64_t place = 0;
};

// A record that was refused before it got into the log, and then sent again.
struct TracedRedrive {
  Offset entry;              // of the dead-letter log, that sent it
  int64_t time_ms = 0;
  Offset letter;             // that it answers
  int64_t refused_ms = 0;    // when that was written; 0 when the log no longer holds it
  std::string reason;        // why
  std::string source;        // that brought it first
  std::string item;
  int64_t line = 0;
  std::string request;
};

struct Trace {
  std::string stream;
  PartitionId partition;
  Offset offset;
  Seq seq;
  int64_t ingested_at_ms = 0;
  TracedOrigin from;
  std::optional<TracedRedrive> redrive;
  std::string file;          // the segment that holds it, below the data folder; empty: none
  int64_t byte = 0;          // of the file, where its batch begins
  std::optional<std::string> key;
  std::string record;        // its bytes
  std::vector<TracedMaterialization> materializations;
};

// Reads the record from the log, and asks everything that is made from its stream. kNotFound: no such record, any more or yet; the message
// says what there is. Threads: any.
Result<Trace> TraceRecord(const AuditSubjects& of, std::string_view stream, PartitionId partition, Offset offset, const std::stop_token& stop);

}  // namespace tailrace::engine
