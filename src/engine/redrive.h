// Sends dead letters again: as they are, or as a SELECT over them makes them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/dead_letters.h"
#include "ports/event_log.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

struct RedriveRequest {
  std::string stream;
  std::string fault;            // FaultGroup::id or ::fault; empty: all
  // One SELECT over `dead_letters`; empty: the records as they are. It runs over some letters at a time, and returns `letter` and the new
  // record as `record`, or, without such a column, as `raw`: a JSON object or its text. Letters that it does not return stay.
  std::string fix_sql;
  bool dry_run = false;         // only say what would become of each
};

struct RedriveFailure {
  Offset letter;
  std::string reason;
};

struct RedriveReport {
  int64_t letters = 0;          // looked at
  int64_t sent = 0;             // a dry run: that would be
  int64_t left = 0;             // not returned by the fix, or no JSON while there is none
  int64_t failing = 0;          // of those sent, refused again (as far as they have been seen to); a dry run: would be
  int64_t pending = 0;          // of the stream, sent and not yet seen to when this was told
  std::vector<RedriveFailure> failures;  // a dry run: the first kFailuresMax of those failing
  std::optional<Offset> first;  // of the entries that send them
  Offset last;

  static constexpr size_t kFailuresMax = 100;
};

// A letter with the text it is sent again as.
struct FixedLetter {
  StoredLetter letter;
  std::string record;
};

// Threads: one at a time. Ownership: borrows all.
class Redriver {
 public:
  // What would become of these: by index, why it would be refused again, or nothing.
  using Judge = std::function<Result<std::vector<std::optional<std::string>>>(const std::vector<FixedLetter>&)>;

  Redriver(EventLog& log, StreamId dead_letters, Warehouse& warehouse, DeadLetters& letters, Clock& clock, Judge judge)
      : log_(log), dead_letters_(dead_letters), warehouse_(warehouse), letters_(letters), clock_(clock), judge_(std::move(judge)) {}

  // In the order of the letters. What was sent before an error stays sent; running it again sends the rest. kInvalid: the SELECT is wrong,
  // not allowed, or does not return what it must.
  Result<RedriveReport> Run(const RedriveRequest& request, const std::stop_token& stop);

 private:
  Result<std::vector<FixedLetter>> Fix(const std::vector<StoredLetter>& letters, const std::string& sql, const std::stop_token& stop);
  Status Send(const std::vector<FixedLetter>& fixed, RedriveReport* report);
  Status Foretell(const std::vector<FixedLetter>& fixed, RedriveReport* report);

  EventLog& log_;
  const StreamId dead_letters_;
  Warehouse& warehouse_;
  DeadLetters& letters_;
  Clock& clock_;
  const Judge judge_;
};

}  // namespace tailrace::engine
