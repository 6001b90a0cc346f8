// What /metrics shows of the parts of a runtime: streams, materialisations, lake, memory, polls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/lake_parts.h"
#include "base/metrics.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "ports/event_log.h"
#include "sources/poll_source.h"

namespace tailrace::app {

// What is measured. All of it must live as long as the metrics are read.
struct MeasuredParts {
  const config::Pipeline& pipeline;
  const engine::StreamDirectory& streams;
  EventLog& log;
  engine::Engine& engine;
  LakeParts* lake;          // null: none
  int64_t memory_bytes_max;  // server.memory
};

void AddPartMetrics(Metrics& metrics, const MeasuredParts& parts);

void AddPollMetrics(Metrics& metrics, const std::string& source, const std::shared_ptr<PollCounts>& counts);

}  // namespace tailrace::app
