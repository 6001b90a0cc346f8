// What leads to what in a pipeline: the lines of its graph, which its file alone decides.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/spec.h"

namespace tailrace::server {

// What names a part in the graph: "table/revenue", "lake/raw/sales".
std::string PartId(std::string_view kind, std::string_view name);

// Of what a step writes to files: JOB/STEP, where steps are called alike with the step's place in the list behind it, from 1.
std::string ExportName(const config::JobSpec& job, size_t step);

// All parts of it.
std::set<std::string> PartsOf(const config::Pipeline& pipeline);

struct GraphEdge {
  std::string from;
  std::string to;
  auto operator<=>(const GraphEdge&) const = default;
};

// Each once. What SQL reads leads to whatever the SQL is of; a table of schema `jobs` is what its jobs make, so these lead to its readers. SQL
// that does not parse leads nowhere: a checked pipeline has none.
std::vector<GraphEdge> EdgesOf(const config::Pipeline& pipeline);

}  // namespace tailrace::server
