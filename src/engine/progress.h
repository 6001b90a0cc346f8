// How far every materialisation has come, and waiting for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/endurance.h"
#include "base/result.h"
#include "model/flow.h"
#include "model/ids.h"

namespace tailrace::engine {

struct MaterializationProgress {
  std::string name;      // as in config; stored rows go under their stream's name
  std::string kind;      // "rows", "table", "collection"
  std::string stream;
  Positions positions;   // committed
  Offset letters;        // of the dead-letter log, of records sent again; committed too
  Flow flow;             // of all it has consumed, committed with the positions
  Positions counted_from;  // as in MaterializationState
  std::string trouble;   // why it stands still; empty when it does not
  std::optional<std::chrono::steady_clock::time_point> troubled_since;  // of the clock that SetTrouble was told
  bool stopped = false;  // it stands still, for `trouble`
  // When what has stopped is tried again; nullopt: not until the program is started again, or it is made anew.
  std::optional<std::chrono::steady_clock::time_point> again_at;
  int64_t commits = 0;   // since the start; a rebuild that takes over is one too
  bool shadow = false;   // being rebuilt: nobody reads it yet, so nobody waits for it but who rebuilds it
};

// Whether every position of `reached` is at least that of `wanted`.
bool Covers(const Positions& reached, const Positions& wanted);

// Threads: thread-safe.
class Progress {
 public:
  void Add(MaterializationProgress materialization);
  void Remove(std::string_view kind, std::string_view name);
  // `letters`: nullopt as before.
  void Advance(std::string_view kind, std::string_view name, const Positions& positions, const Flow& flow,
               std::optional<Offset> letters = std::nullopt);
  // The shadow's state is now that of `name`, which goes on with it.
  void TakeOver(std::string_view kind, std::string_view shadow, std::string_view name);
  // A passing trouble, at this time; the next Advance ends it.
  void SetTrouble(std::string_view kind, std::string_view name, const std::string& trouble, std::chrono::steady_clock::time_point now);

  // It stands still, for the trouble last set; until `again_at`, or for good.
  void SetStopped(std::string_view kind, std::string_view name, std::optional<std::chrono::steady_clock::time_point> again_at = std::nullopt);

  // What has stopped is being tried again: whoever waits for it waits for the outcome. Its trouble stays until it advances.
  void SetTried(std::string_view kind, std::string_view name);

  // A stream that cannot be fed, its log cannot be read, say: all that is made from it stands still. `since` of what is there already stays.
  void SetFeedTrouble(Standstill trouble);
  void EndFeedTrouble(std::string_view stream);
  std::vector<Standstill> FeedTroubles() const;

  // Why something of the stream has stopped; nullopt: nothing has.
  std::optional<std::string> WhyStopped(std::string_view stream) const;

  std::vector<MaterializationProgress> All() const;
  std::optional<MaterializationProgress> Of(std::string_view kind, std::string_view name) const;

  // kUnavailable, with the trouble, when this one has stopped.
  Status CheckGoing(std::string_view kind, std::string_view name) const;

  // Whether all materialisations of the stream have committed these positions.
  bool Reached(std::string_view stream, const Positions& wanted) const;

  // Blocks until this one has committed these positions. Errors as Wait.
  Status WaitForOne(std::string_view kind, std::string_view name, const Positions& wanted, const std::stop_token& stop) const;

  // Blocks until Reached. kCancelled: `stop` was requested first. kUnavailable: one of them has stopped short of it.
  Status Wait(std::string_view stream, const Positions& wanted, const std::stop_token& stop) const;

  // Calls `changed` after every Advance and TakeOver, on the thread that called it; it must return at once. Before the start.
  void Subscribe(std::function<void()> changed);

 private:
  using Concerns = std::function<bool(const MaterializationProgress&)>;
  Status WaitUntil(const Concerns& concerns, const Positions& wanted, const std::stop_token& stop) const;
  MaterializationProgress* Find(std::string_view kind, std::string_view name);
  std::optional<std::string> StoppedShortOf(const Concerns& concerns, const Positions& wanted) const;
  const Standstill* FindFeedTrouble(std::string_view stream) const;
  bool ReachedLocked(const Concerns& concerns, const Positions& wanted) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable_any advanced_;
  std::vector<MaterializationProgress> all_;     // protected by mutex_
  std::vector<Standstill> feed_troubles_;       // protected by mutex_
  std::vector<std::function<void()>> listeners_;  // constant after the start
};

}  // namespace tailrace::engine
