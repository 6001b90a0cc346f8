// The dead letters of a pipeline as people ask for them: grouped by fault, shown, and sent again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/letter_entry.h"
#include "engine/letter_index.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::engine {

struct LetterFilter {
  std::string fault;            // FaultGroup::id or ::fault; empty: all
  std::optional<Offset> after;  // only beyond this place in the dead-letter log
  size_t limit = 100;
};

struct StoredLetter {
  Offset at;                    // in the dead-letter log: what names it to a user
  LetterEntry entry;
  std::string fault_id;
  bool pending = false;         // sent again, not yet consumed
};

struct LetterPage {
  std::vector<StoredLetter> letters;  // by their place, ascending
  std::optional<Offset> next;         // pass as `after`; nullopt at the end
};

struct FaultList {
  std::vector<FaultGroup> groups;     // most letters first
  std::vector<std::string> examples;  // the record of each group's newest letter, cut; of the first kExamplesMax
  int64_t open = 0;
  int64_t pending = 0;
  int64_t untracked = 0;        // beyond LetterLimits::names_max
};

// Threads: thread-safe. Ownership: borrows the log. Errors: kNotFound = no such stream, or no such fault; those of the log.
class DeadLetters {
 public:
  // `consumed` as in LetterIndex, with the stream.
  using Consumed = std::function<bool(std::string_view stream, const PendingRedrive&)>;

  DeadLetters(EventLog& log, const std::map<std::string, StreamId, std::less<>>& streams, Consumed consumed);

  static constexpr size_t kExamplesMax = 100;
  static constexpr size_t kExampleBytesMax = 300;

  Result<FaultList> List(std::string_view stream);
  // The counts of List alone.
  Result<FaultList> Standing(std::string_view stream);
  Result<LetterPage> Show(std::string_view stream, const LetterFilter& filter);

  // Null: no such stream.
  LetterIndex* index(std::string_view stream);

 private:
  struct Kept {
    StreamId id;
    std::unique_ptr<LetterIndex> index;
  };

  Result<Kept*> Refreshed(std::string_view stream);
  Result<std::string> ExampleOf(StreamId dead_letters, Offset at);

  EventLog& log_;
  const Consumed consumed_;
  std::map<std::string, Kept, std::less<>> streams_;  // constant after construction
};

}  // namespace tailrace::engine
