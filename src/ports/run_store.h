// What is remembered of jobs: which due times were seen to, every run with its log, and how alerts stand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace {

enum class RunState { kQueued, kRunning, kSucceeded, kFailed, kSkipped, kMissed, kCancelled };
enum class RunTrigger { kSchedule, kCatchUp, kAfter, kManual, kBackfill };

std::string_view RunStateName(RunState state);        // "queued"
std::string_view RunTriggerName(RunTrigger trigger);  // "schedule", "catch-up", ...
std::optional<RunState> ParseRunState(std::string_view name);
std::optional<RunTrigger> ParseRunTrigger(std::string_view name);

// One run of a job, or due times in a row that were missed. Times that are 0 have not come.
struct JobRun {
  std::string id;  // `nightly@2017-03-03T06:00:00Z`; asked for by hand: `#` and letters behind it
  std::string job;
  RunTrigger trigger = RunTrigger::kSchedule;
  RunState state = RunState::kQueued;
  WallTime due;
  WallTime from;         // the due time before: from it up to `due` goes what this run is about
  WallTime due_last;     // of kMissed: the last of them
  int64_t count = 1;     // of kMissed: how many
  int64_t attempts = 0;  // begun
  int64_t interruptions = 0;  // by an end of the server
  std::string steps_done;     // one `1` or `0` for each step
  int64_t rows = 0;           // that its steps wrote
  WallTime not_before;        // of kQueued: waits until then
  WallTime queued_at;
  WallTime started_at;  // the last attempt
  WallTime ended_at;
  std::string reason;   // why it failed, was skipped or waits
  bool told = true;     // false: a failure of which nobody has been told yet
  WallTime cancel_asked_at;  // from then on it is not begun again, whatever its state still is
  std::string cancel_asked_by;  // whose key; empty: keys are off

  bool operator==(const JobRun&) const = default;
};

struct RunLogLine {
  WallTime time;
  std::string step;  // empty: the run as a whole
  std::string text;

  bool operator==(const RunLogLine&) const = default;
};

struct RunFilter {
  std::vector<std::string> ids;  // empty: all
  std::string job;               // empty: all
  std::vector<RunState> states;  // empty: all
  bool untold = false;           // only failures of which nobody has been told
  size_t limit = 100;            // the newest
};

struct AlertState {
  std::string name;
  bool firing = false;
  WallTime since;      // rows have been there since; 0: there are none
  WallTime told_at;    // the last message about it; 0: none
  bool told = true;    // whether `firing` has been told as it is now
  std::string message;

  bool operator==(const AlertState&) const = default;
};

// Nobody is told of the alert until then.
struct AlertSilence {
  std::string alert;
  WallTime until;      // 0: it is lifted
  std::string reason;
  std::string by;      // who asked for it

  bool operator==(const AlertSilence&) const = default;
};

// Runs older than the newest so many of a job are forgotten, once they are over.
inline constexpr int64_t kRunsKeptMax = 1'000;

// Threads:    thread-safe.
// Errors:     kExhausted = the disk is full; kUnavailable = try again; kCorruption = the file is damaged.
// Durability: a change is on stable storage when its call returns, and is whole or not there.
class RunStore {
 public:
  virtual ~RunStore() = default;

  // Up to which due time everything has been added; nullopt: the job is new.
  virtual Result<std::optional<WallTime>> Handled(std::string_view job) = 0;

  // Adds those of `runs` whose id is not there yet, and sets how far the job's due times are handled (nullopt: as before).
  virtual Status Add(std::string_view job, const std::vector<JobRun>& runs, std::optional<WallTime> handled) = 0;

  // The run as it is now, further lines of its log, and runs that follow from it (added as by Add), together.
  virtual Status Update(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) = 0;

  // The newest due times first.
  virtual Result<std::vector<JobRun>> List(const RunFilter& filter) = 0;
  virtual Result<std::vector<RunLogLine>> Log(std::string_view run) = 0;

  virtual Result<std::vector<AlertState>> Alerts() = 0;
  virtual Status SetAlert(const AlertState& state) = 0;

  // By alert; those that have passed too, until another one takes their place.
  virtual Result<std::vector<AlertSilence>> Silences() = 0;
  virtual Status SetSilence(const AlertSilence& silence) = 0;
};

}  // namespace tailrace
