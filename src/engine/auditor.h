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
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "engine/letter_entry.h"
#include "engine/trace.h"
#include "model/flow.h"
#include "model/ids.h"
#include "ports/event_log.h"
#include "ports/record_judge.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

struct AuditedStream {
  std::string name;
  int64_t appended = 0;       // records ever acknowledged: the next offsets of all partitions
  int64_t held = 0;           // of them, still in the log
  Positions ends;
  int64_t letters = 0;        // entries ever written to its dead-letter log
};

struct AuditedMaterialization {
  std::string kind;           // "rows", "table", "collection"
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

// Threads: thread-safe. Ownership: borrows all. Errors: those of the log.
class Auditor {
 public:
  // Something to evaluate SQL with that nothing else uses; opened when it is needed.
  using OpenJudge = std::function<Result<std::unique_ptr<RecordJudge>>()>;

  Auditor(const config::Pipeline& pipeline, StreamDirectory streams, EventLog& log, Warehouse& warehouse, Clock& clock, Engine& engine,
          OpenJudge open_judge);

  // Whose pipeline it audits.
  Engine& engine() const { return engine_; }
  const config::Pipeline& pipeline() const { return pipeline_; }

  // The counters as they are committed, against each other and against the log's offsets.
  Result<Audit> Now();

  // The same, and every record up to the committed positions read again from the log, decoded and evaluated. Takes as long as reading the
  // log does; the pipeline goes on meanwhile.
  Result<Audit> Recount(const std::stop_token& stop);

  // Where one record is now: read from the log, and asked of everything that is made from its stream. kNotFound: no such record, any more
  // or yet.
  Result<Trace> TraceRecord(const std::string& stream, PartitionId partition, Offset offset, const std::stop_token& stop);

 private:
  Result<Trace> TraceOf(const config::StreamSpec& stream, const LogBatch& batch, const LogRecord& record, const std::stop_token& stop);
  static Status Judge(RecordJudge& judge, const StreamBatch& row, bool fits, const std::map<std::string, std::string>& reasons,
                      TracedMaterialization* m);
  AuditedStream OfStream(const config::StreamSpec& stream) const;
  Result<AuditedMaterialization> OfMaterialization(MaterializationProgress progress, const std::map<std::string, Positions>& ends) const;
  Result<double> SecondsBehind(const std::string& stream, const Positions& positions, const Positions& ends) const;

  const config::Pipeline& pipeline_;
  const StreamDirectory streams_;
  EventLog& log_;
  Warehouse& warehouse_;
  Clock& clock_;
  Engine& engine_;
  const OpenJudge open_judge_;
};

}  // namespace tailrace::engine
