#include "server/dashboards/tile_rollups.h"

#include <utility>

namespace tailrace::server {

TileRollups::TileRollups(RollupMaker* maker, int64_t groups_max, Clock& clock, Metrics& metrics)
    : maker_(groups_max > 0 ? maker : nullptr),
      groups_max_(groups_max),
      clock_(clock),
      groups_gauge_(metrics.AddGauge("tailrace_tile_rollup_groups", "Groups of rows formed ahead for tiles of dashboards.")) {}

TileRollups::~TileRollups() = default;

RollupPtr TileRollups::Find(const std::string& tile, const std::string& version) const {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(tile);
  return kept == kept_.end() || kept->second.version != version ? nullptr : kept->second.rollup;
}

bool TileRollups::IsDue(const std::string& tile, const std::string& version) const {
  if (maker_ == nullptr) return false;
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(tile);
  return kept == kept_.end() || (kept->second.version != version && clock_.Monotonic() >= kept->second.next_at);
}

int64_t TileRollups::GroupsOfOthers(const std::string& tile) const {
  int64_t groups = 0;
  for (const auto& [name, kept] : kept_) {
    if (name != tile && kept.rollup != nullptr) groups += kept.rollup->groups;
  }
  return groups;
}

void TileRollups::Make(const std::string& tile, const std::string& version, const QueryRequest& query, const std::stop_token& stop) {
  RollupPtr before;  // dropped outside the lock
  RollupRequest request;
  request.query = query;
  request.rows_min = kRowsMin;
  {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[tile];
    before = std::exchange(kept.rollup, nullptr);
    request.groups_max = groups_max_ - GroupsOfOthers(tile);
  }
  before = nullptr;
  const auto began = clock_.Monotonic();
  auto made = maker_->MakeRollup(request, stop);
  const auto ended = clock_.Monotonic();
  const std::lock_guard lock(mutex_);
  Kept& kept = kept_[tile];
  kept.version = version;
  kept.rollup = made ? std::move(*made) : nullptr;
  kept.next_at = ended + kRestFactor * (ended - began);
  groups_gauge_.Set(GroupsOfOthers(""));
}

}  // namespace tailrace::server
