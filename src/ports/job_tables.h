// The tables that jobs write: schema `jobs` of the warehouse.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace {

struct JobSqlRequest {
  std::string run;  // JOB@...; with `step` the name under which it happens once, until another run of the job writes
  size_t step = 0;
  std::vector<std::string> statements;  // checked when the pipeline file was
  WallTime due;                         // $due, and $to
  WallTime from;                        // $from
  WallTime now;                         // what now() answers
};

struct JobSqlOutcome {
  int64_t rows = 0;       // written and deleted
  bool was_done = false;  // before: nothing was done now
};

// Threads:    thread-safe; runs wait for each other.
// Errors:     kInvalid = the SQL, or the data that it meets; kExhausted = memory or disk; kCancelled = stopped; kUnavailable = try again.
// Durability: rows and the mark of the run are on stable storage, together, when Run returns. After an error nothing of it is there.
class JobTables {
 public:
  virtual ~JobTables() = default;

  // All statements in one transaction; those of a run and step that has been through are not run again.
  virtual Result<JobSqlOutcome> Run(const JobSqlRequest& request, std::stop_token stop) = 0;

  // Runs `work` while no job writes.
  virtual Status WhileResting(const std::function<Status()>& work) = 0;
};

}  // namespace tailrace
