// What carries records in and out beside the doors, for /status: sources and the lake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endurance.h"
#include "ports/event_log.h"

namespace tailrace::server {

// Times in milliseconds since 1970; 0: not yet, since the start.
struct PollStatus {
  int64_t next_due_ms = 0;      // 0 while it asks
  int64_t last_due_ms = 0;      // that it has begun to ask for
  int64_t last_answer_ms = 0;   // when the last answer came that was what was promised, or unchanged
  int64_t last_failure_ms = 0;  // when the last one that was not
  int64_t answers = 0;
  int64_t unchanged = 0;
  int64_t failed = 0;
  int64_t missed = 0;
  int64_t spool_bytes = 0;      // answers that are on disk and not yet in the log
};

struct SourceStatus {
  std::string name;
  std::string type;                  // as in the pipeline file
  std::vector<std::string> streams;
  int64_t accepted = 0;              // since the start
  int64_t refused = 0;
  std::string trouble;               // why it waits or has ended; empty when all is well
  bool ended = false;
  std::optional<PollStatus> poll;
};

struct LakeStreamStatus {
  std::string stream;
  Positions held;    // by partition, up to where the lake has it
  int64_t files = 0;
  int64_t bytes = 0;
  std::optional<Standstill> trouble;
};

struct LakeTableStatus {
  std::string table;
  int64_t version = -1;  // of the Delta table; -1: nothing is committed
  int64_t files = 0;
  std::optional<Standstill> trouble;
};

// Threads: thread-safe; calls return at once, or after a look at a folder.
class PartsStatus {
 public:
  virtual ~PartsStatus() = default;

  virtual std::vector<SourceStatus> Sources() const = 0;
  virtual std::vector<LakeStreamStatus> LakeStreams() const = 0;
  virtual std::vector<LakeTableStatus> LakeTables() const = 0;
};

}  // namespace tailrace::server
