// The conservation law of a pipeline: every record that was read is emitted, filtered or dead-lettered, and one of them only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "engine/origin_audit.h"
#include "model/flow.h"
#include "model/ids.h"
#include "ports/commit_journal.h"
#include "ports/event_log.h"
#include "ports/raw_lake.h"
#include "ports/record_judge.h"
#include "ports/table_lake.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

struct AuditedStream {
  std::string name;
  int64_t appended = 0;       // records ever acknowledged: the next offsets of all partitions
  int64_t held = 0;           // of them, still in the log
  Positions ends;
  int64_t letters = 0;        // entries ever written to its dead-letter log
  std::vector<AuditedOrigin> origins;  // of the records, by name
  std::string difference;     // why these do not add up; empty when they do
};

struct AuditedMaterialization {
  std::string kind;           // "rows", "table", "collection", "lake"
  std::string name;
  std::string stream;
  Positions positions;        // committed: everything below is in `flow`
  Offset letters;             // the same of the dead-letter log, for records that were sent again
  Positions counted_from;     // as in MaterializationState
  Flow flow;                  // committed with them
  int64_t in_flight = 0;      // records of the log at or beyond the positions
  double lag_seconds = 0;     // age of the oldest of them; 0 when there is none
  std::optional<Flow> recount;  // of the same records, from the log
  std::string difference;     // why the law does not hold; empty when it does
};

struct Audit {
  std::vector<AuditedStream> streams;
  std::vector<AuditedMaterialization> materializations;

  bool Holds() const;
  // Of the first that does not hold, with its name; empty when all do.
  std::string FirstDifference() const;
};

// What an audit and a trace ask.
struct AuditSubjects {
  const config::Pipeline& pipeline;
  StreamDirectory streams;
  EventLog& log;
  Warehouse& warehouse;
  CommitJournal& documents;
  Clock& clock;
  Engine& engine;
  // Something to evaluate SQL with that nothing else uses; opened when it is needed.
  std::function<Result<std::unique_ptr<RecordJudge>>()> open_judge;
  // What it holds of a stream is accounted for as a materialisation of kind "lake" under the stream's name; null: there is none.
  RawLake* lake = nullptr;
  // What it keeps of a table is held against its hashes by a recount; null: there is none.
  TableLake* lake_tables = nullptr;
};

// Threads: thread-safe. Ownership: borrows all. Errors: those of the log.
class Auditor {
 public:
  explicit Auditor(AuditSubjects subjects) : of_(std::move(subjects)) {}

  const AuditSubjects& subjects() const { return of_; }

  // The counters as they are committed, against each other and against the log's offsets.
  Result<Audit> Now();

  // The same, and every record up to the committed positions read again from the log, decoded and evaluated. Takes as long as reading the
  // log does; the pipeline goes on meanwhile.
  Result<Audit> Recount(const std::stop_token& stop);

 private:
  struct Taken {
    Audit audit;
    std::map<std::string, OriginCounts> origins;  // by stream
  };
  Result<Taken> Take();
  void AuditLake(Audit* audit) const;
  Status RecountLake(AuditedMaterialization* m, const std::stop_token& stop) const;
  Status CheckLakeTables(Audit* audit, const std::stop_token& stop) const;
  AuditedStream OfStream(const config::StreamSpec& stream, const OriginCounts& origins) const;
  Result<AuditedMaterialization> OfMaterialization(MaterializationProgress progress, const std::map<std::string, Positions>& ends) const;
  Result<double> SecondsBehind(const std::string& stream, const Positions& positions, const Positions& ends) const;

  const AuditSubjects of_;
};

}  // namespace tailrace::engine
