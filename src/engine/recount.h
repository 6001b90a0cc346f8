// Counts again, from the log, what became of every record: with readers, order and SQL of its own, so that a fault of the counting path is
// not repeated here. It shares the decoder, which says what a record is.
#pragma once

#include <stop_token>
#include <vector>

#include "base/result.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "ports/event_log.h"
#include "ports/record_judge.h"

namespace tailrace::engine {

struct AuditedMaterialization;

struct RecountInputs {
  const config::StreamSpec& stream;
  StreamIds ids;
  EventLog& log;
  RecordJudge& judge;
};

// Sets `recount` of each, and `difference` where it is another than the committed counters, or where dead letters are missing or too many.
// All are of the inputs' stream.
Status RecountStream(const RecountInputs& inputs, const std::vector<AuditedMaterialization*>& members, const std::stop_token& stop);

}  // namespace tailrace::engine
