// What every part of a pipeline has counted until now, from one look at them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/auditor.h"
#include "server/graph/part_history.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: one. May read the log, so not on a loop.
class PartCounts {
 public:
  explicit PartCounts(const Services& services);

  // Of rows, tables, collections and the lake; null: it has no positions of its own.
  const MaterializationProgress* Made(std::string_view kind, const std::string& name) const;
  // Null: nothing audits it.
  const engine::AuditedMaterialization* Audited(std::string_view kind, const std::string& name) const;
  const engine::AuditedStream* Stream(const std::string& name) const;
  // Accepted and refused.
  std::pair<int64_t, int64_t> Origin(const std::string& source) const;

  // Of everything that counts records, and of alerts, by the name in the graph.
  std::map<std::string, PartSample> Samples() const;

 private:
  PartSample SampleOf(std::string_view kind, const std::string& name) const;

  const Services& services_;
  std::map<std::string, MaterializationProgress> made_;
  engine::Audit audit_;
  std::map<std::string, const engine::AuditedMaterialization*> audited_;
  std::map<std::string, std::pair<int64_t, int64_t>> origins_;
};

}  // namespace tailrace::server
