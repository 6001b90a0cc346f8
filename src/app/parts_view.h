// Sources and lake as the HTTP server and the metrics show them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/lake_parts.h"
#include "app/source_runner.h"
#include "base/metrics.h"
#include "config/spec.h"
#include "engine/engine.h"
#include "server/parts_status.h"
#include "sources/poll_source.h"

namespace tailrace::app {

using PollCountsByName = std::map<std::string, std::shared_ptr<PollCounts>>;

// Ownership: borrows all. What it looks at is complete before the server starts.
class PartsView final : public server::PartsStatus {
 public:
  struct Parts {
    const config::Pipeline& pipeline;
    const std::string& data;  // the folder
    const std::vector<std::unique_ptr<SourceRunner>>& sources;
    const PollCountsByName& polls;
    const LakeParts* lake = nullptr;  // null: none
    const engine::StreamDirectory& streams;
  };
  explicit PartsView(Parts parts) : parts_(parts) {}

  std::vector<server::SourceStatus> Sources() const override;
  std::vector<server::LakeStreamStatus> LakeStreams() const override;
  std::vector<server::LakeTableStatus> LakeTables() const override;

  // Of one poll; all zero when there is none of this name.
  server::PollStatus Poll(const std::string& source) const;

 private:
  const Parts parts_;
};

// Counters of every poll, whether a source has ended, and how far behind the lake is.
void AddPartsMetrics(Metrics& metrics, const PartsView& view, const config::Pipeline& pipeline, const EventLog& log,
                     const engine::StreamDirectory& streams);

}  // namespace tailrace::app
