// What has become of every dead letter of one stream: its dead-letter log folded by name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engine/letter_entry.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::engine {

// Equal faults of one stage together.
struct FaultGroup {
  std::string id;               // FaultId
  std::string fault;            // FaultName
  std::string stage;
  std::string materialization;
  int64_t open = 0;             // letters that nobody has sent again
  int64_t pending = 0;          // sent again, not yet consumed
  int64_t first_ms = 0;         // of the letters since there last were none
  int64_t last_ms = 0;
  Offset first;                 // the oldest of them, or older
  Offset example;               // the newest
};

// A redrive that somebody has yet to consume.
struct PendingRedrive {
  Offset at;
  std::string_view stage;
  std::string_view materialization;
  bool in_log = false;          // the record has a place in the stream
};

struct LetterLimits {
  size_t names_max = 2'000'000;  // about 80 bytes each
  size_t groups_max = 10'000;    // further faults of a stage are one
};

// A letter that is to be kept, or not again.
struct LetterVerdict {
  bool known = false;           // it is in the log
  std::string key;              // under which to append it
};

// Fed from the log as it grows; nothing of it is kept on disk.
// Memory:  LetterLimits. Letters beyond `names_max` open names are counted as untracked, and can be listed and sent again once others are.
// Threads: thread-safe. Ownership: borrows the log. Errors: those of EventLog::Read.
class LetterIndex {
 public:
  LetterIndex(EventLog& log, StreamId dead_letters, LetterLimits limits = {});

  // Whether a redrive has been consumed: asked by Refresh, before it reads the log, so that what failed again is there to be read.
  using Consumed = std::function<bool(const PendingRedrive&)>;

  // Reads what is new, then closes what has been consumed.
  Status Refresh(const Consumed& consumed = {});

  // Of all letters not closed, by their number, most first.
  std::vector<FaultGroup> Groups() const;
  int64_t open() const;
  int64_t pending() const;
  int64_t untracked() const;

  // Whether the letter at this place is the open one of its name, and its group.
  struct Standing {
    bool open = false;
    bool pending = false;
    std::string fault_id;
    std::string fault;
  };
  Standing StandingOf(std::string_view name, Offset at) const;

  // After a Refresh: whether this letter is already there, and its key if not.
  LetterVerdict Judge(const DeadLetter& letter) const;

  // Names of a table or collection (kind by stage) for which a letter stands open or pending.
  bool IsRefused(std::string_view name) const;

  // Letters open now, the untracked too, that came after the last `resumed` entry.
  int64_t OpenSinceResume() const;

  // Letters open now that were sent again by an entry of [first, end) and refused anew.
  int64_t FailedAgain(Offset first, Offset end) const;

  // The first redrive of a record in the log at or beyond `from`, among the entries read so far.
  struct RedrivePlace {
    Offset at;
    Seq seq;
  };
  std::optional<RedrivePlace> NextRedrive(Offset from) const;
  // How many of them are below `letters`: two places with the same number stand at the same place of the stream's order.
  int64_t RedrivesBelow(Offset letters) const;

  Offset end() const;

 private:
  __extension__ using Hash = unsigned __int128;
  struct HashOf {
    size_t operator()(const Hash& hash) const { return static_cast<size_t>(hash) ^ static_cast<size_t>(hash >> 64); }
  };
  enum class State : uint8_t { kOpen, kPending, kClosed, kSettled };
  struct Name {
    int64_t letter = -1;    // latest letter
    int64_t attempt = -1;   // the redrive that led to it
    int64_t redrive = -1;   // latest redrive, or the place where it was settled
    int32_t group = -1;
    State state = State::kOpen;
  };

  static Hash HashName(std::string_view name);
  void Fold(Offset at, Seq seq, const LetterHead& head);
  void FoldLetter(Offset at, const LetterHead& head);
  void FoldRedrive(Offset at, const LetterHead& head);
  void Count(const Name& name, int64_t by);
  void Close(const Hash& hash, Name& name, State state);
  int32_t GroupOf(const LetterHead& head);
  void CloseConsumed(const std::vector<int64_t>& done);

  EventLog& log_;
  const StreamId stream_;
  const LetterLimits limits_;

  std::mutex refresh_mutex_;                 // one reads at a time
  mutable std::mutex mutex_;                 // what is below
  Offset next_;
  std::unordered_map<Hash, Name, HashOf> names_;
  std::vector<FaultGroup> groups_;
  std::map<std::string, int32_t> group_by_id_;
  struct Pending {
    Hash hash;
    bool in_log = false;
  };
  std::map<int64_t, Pending> pending_;       // by the redrive's place
  std::vector<RedrivePlace> in_log_redrives_;  // ascending
  int64_t untracked_ = 0;
  int64_t resumed_ = -1;                       // place of the last `resumed` entry
  int64_t untracked_before_resume_ = 0;
};

}  // namespace tailrace::engine
