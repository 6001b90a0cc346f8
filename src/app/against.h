// What a changed pipeline file will do to the data that is there.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/console.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

enum class AgainstKind {
  kStays,    // goes on as it is
  kFits,     // goes on, made to fit at the start
  kNew,      // is computed from the log at the start
  kRebuild,  // must be computed again, which `run` leaves to be asked for
  kGone,     // is no longer fed; what is there is kept
  kRefused,  // `run` will not start
  kClients,  // readers see something else; taken away or of another type
  kAdded,    // readers see something more
  kRecords,  // records of the log no longer fit
};

struct AgainstLine {
  AgainstKind kind = AgainstKind::kStays;
  std::string what;  // "table revenue"
  std::string text;  // why, how long, which command
};

// Reads the folder's log and what it was last run as; a server may be using it. Errors: kNotFound: nothing has run there.
Result<std::vector<AgainstLine>> CompareWithData(const config::Pipeline& pipeline, const std::string& data);

// kNo: something must be rebuilt, is refused, is taken from readers, or records no longer fit.
ExitCode ShowAgainst(const std::vector<AgainstLine>& lines, Console& console);

}  // namespace tailrace::app
