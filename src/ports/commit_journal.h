// The last commits of what a store keeps, for traces and for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/flow.h"
#include "model/ids.h"

namespace tailrace {

struct JournaledCommit {
  std::string name;
  int64_t number = 0;   // of the materialisation, from 1; 0: where a version began to count that took over an older one's state
  int64_t time_ms = 0;  // wall clock
  Positions positions;  // after it
  Offset letters;       // the same of the dead-letter log
  Flow flow;            // of all until then
};

// Threads: any. Errors: those of reading.
class CommitJournal {
 public:
  virtual ~CommitJournal() = default;

  // Those still kept, by name and number, of one name or (empty) of all.
  virtual Result<std::vector<JournaledCommit>> Commits(std::string_view name) = 0;
};

}  // namespace tailrace
