#include "server/dashboards/dashboard_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace tailrace::server {
namespace {

template <typename Specs>
bool Holds(const Specs& specs, const std::string& name) {
  return std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
}

bool Covers(const auth::Grant& grant, const config::Pipeline& pipeline, const std::string& relation) {
  if (Holds(pipeline.streams, relation)) return grant.Covers(auth::ThingKind::kStream, relation);
  if (Holds(pipeline.tables, relation) || Holds(pipeline.views, relation)) return grant.Covers(auth::ThingKind::kTable, relation);
  return !grant.limited();
}

}  // namespace

bool CoversDashboard(const auth::Grant& grant, const config::Pipeline& pipeline, const config::DashboardSpec& dashboard) {
  const auto covered = [&](const auto& part) {
    return std::all_of(part.reads.begin(), part.reads.end(), [&](const std::string& relation) { return Covers(grant, pipeline, relation); });
  };
  return std::all_of(dashboard.tiles.begin(), dashboard.tiles.end(), covered) &&
         std::all_of(dashboard.choices.begin(), dashboard.choices.end(), covered);
}

}  // namespace tailrace::server
