#include "server/dashboards/commit_versions.h"

#include <algorithm>
#include <utility>

namespace tailrace::server {

CommitVersions CommitVersions::Now(const Progress& progress) {
  CommitVersions versions;
  for (MaterializationProgress& made : progress.All()) {
    if (!made.shadow) versions.made_[{std::move(made.kind), std::move(made.name)}] = {std::move(made.stream), std::move(made.positions), made.commits};
  }
  return versions;
}

std::string CommitVersions::Of(const MadeFrom& made_from) const {
  std::string text;
  for (const auto& part : made_from) {
    const auto made = made_.find(part);
    text += std::to_string(made == made_.end() ? 0 : made->second.commits) + ',';
  }
  return text;
}

std::vector<AsOf> CommitVersions::Positions(const MadeFrom& made_from) const {
  std::map<std::string, tailrace::Positions> by_stream;
  for (const auto& part : made_from) {
    const auto made = made_.find(part);
    if (made == made_.end()) continue;
    const auto [lowest, is_new] = by_stream.emplace(made->second.stream, made->second.positions);
    if (is_new) continue;
    tailrace::Positions& positions = lowest->second;
    positions.resize(std::min(positions.size(), made->second.positions.size()));
    for (size_t i = 0; i < positions.size(); ++i) positions[i] = std::min(positions[i], made->second.positions[i]);
  }
  std::vector<AsOf> all;
  for (auto& [stream, positions] : by_stream) all.push_back({stream, std::move(positions)});
  return all;
}

}  // namespace tailrace::server
