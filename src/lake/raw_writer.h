// Carries the records of the log into the raw lake.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "base/result.h"
#include "lake/raw_store.h"
#include "ports/event_log.h"

namespace tailrace::lake {

// Where a file ends (its size, its hour, its age) is put into the store before the file is: after a kill the same file is written, from the
// log, as it would have been. What can be read and is stable in the log (EventLog::StableBelow) goes in, in the order of offsets.
// Threads:   Step and Flush from one thread at a time, or Start, which runs Step now and then, and Flush from any; Stop twice is fine.
// Ownership: borrows all.
// Errors:    those of the log and the store; what was not done is done by the next call. A stream that fails holds up no other; Step tries it
//            again less and less often (Endurance).
class RawWriter {
 public:
  RawWriter(RawStore& store, EventLog& log, Clock& clock, EnduranceLimits endurance = {});
  ~RawWriter();

  // Writes the files that are due.
  Status Step();

  // Writes all that there is, whether due or not.
  Status Flush();

  void Start();
  void Stop();

  // Of the streams that could not be written when they were last tried.
  std::vector<Standstill> Troubles() const { return standstills_.All(); }

 private:
  // What of a partition has been looked at, and is in no file yet.
  struct Pending {
    Offset first;
    Offset next;        // looked at up to here
    int64_t bytes = 0;
    int64_t hour = 0;
    int64_t first_ms = 0;
  };
  using Place = std::pair<StreamId, PartitionId>;

  Status StepAll(bool flush);
  Status StepStream(const RawStreamOptions& stream, bool flush);
  Status StepPartition(const RawStreamOptions& stream, PartitionId partition, bool flush);
  Result<bool> LookFurther(const RawStreamOptions& stream, PartitionId partition, Offset end, Seq stable, Pending* pending);
  Status WriteFile(const RawStreamOptions& stream, const RawCut& cut);
  void Run(const std::stop_token& stop);

  RawStore& store_;
  EventLog& log_;
  Clock& clock_;
  std::mutex step_mutex_;  // held by the one step there is
  std::map<Place, Pending> pending_;  // protected by step_mutex_
  StandstillBook standstills_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;
};

}  // namespace tailrace::lake
