#include "server/dashboards/tile_rollups.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace tailrace::server {
namespace {

bool Answers(const Rollup& rollup, const std::vector<QueryParameter>& parameters) {
  const std::vector<QueryParameter>& all = rollup.groups->fixed;
  return std::all_of(all.begin(), all.end(), [&](const QueryParameter& fixed) {
    return std::any_of(parameters.begin(), parameters.end(), [&](const QueryParameter& asked) {
      return asked.name == fixed.name && asked.null == fixed.null && (asked.null || asked.value == fixed.value);
    });
  });
}

}  // namespace

TileRollups::TileRollups(RollupMaker* maker, int64_t groups_max, Clock& clock, Metrics& metrics)
    : maker_(groups_max > 0 ? maker : nullptr),
      groups_max_(groups_max),
      clock_(clock),
      groups_gauge_(metrics.AddGauge("tailrace_tile_rollup_groups", "Groups of rows formed ahead for tiles of dashboards.")) {}

TileRollups::~TileRollups() = default;

RollupPtr TileRollups::Find(const std::string& tile, const std::string& version, const std::vector<QueryParameter>& parameters) const {
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(tile);
  if (kept == kept_.end() || kept->second.version != version) return nullptr;
  const std::vector<RollupPtr>& rollups = kept->second.rollups;
  const auto found = std::find_if(rollups.begin(), rollups.end(), [&](const RollupPtr& rollup) { return Answers(*rollup, parameters); });
  return found == rollups.end() ? nullptr : *found;
}

bool TileRollups::IsDue(const std::string& tile, const std::string& version) const {
  if (maker_ == nullptr) return false;
  const std::lock_guard lock(mutex_);
  const auto kept = kept_.find(tile);
  return kept == kept_.end() || (kept->second.version != version && clock_.Monotonic() >= kept->second.next_at);
}

int64_t TileRollups::Groups() const {
  std::set<std::shared_ptr<const RollupGroups>> all;  // several tiles may have the same
  for (const auto& [name, kept] : kept_) {
    for (const RollupPtr& rollup : kept.rollups) all.insert(rollup->groups);
  }
  return std::accumulate(all.begin(), all.end(), int64_t{0}, [](int64_t sum, const auto& groups) { return sum + groups->groups; });
}

void TileRollups::Make(const std::string& tile, const std::string& version, const QueryRequest& query, const std::vector<std::set<std::string>>& fixed,
                       const std::stop_token& stop) {
  std::vector<RollupPtr> before;  // dropped outside the lock
  {
    const std::lock_guard lock(mutex_);
    Kept& kept = kept_[tile];
    before = std::exchange(kept.rollups, {});
    kept.version = version;
  }
  before.clear();
  const auto began = clock_.Monotonic();
  if (!MakeOne(tile, {query, kRowsMin, 0, {}, {}}, stop)) {
    for (const std::set<std::string>& parameters : fixed) MakeOne(tile, {query, kRowsMin, 0, parameters, {}}, stop);
  }
  const auto ended = clock_.Monotonic();
  const std::lock_guard lock(mutex_);
  kept_[tile].next_at = ended + kRestFactor * (ended - began);
  groups_gauge_.Set(Groups());
}

// What the tile has so far is used at once.
bool TileRollups::MakeOne(const std::string& tile, RollupRequest request, const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    request.groups_max = groups_max_ - Groups();
    const std::string& version = kept_[tile].version;
    for (const auto& [name, kept] : kept_) {
      if (kept.version == version) request.others.insert(request.others.end(), kept.rollups.begin(), kept.rollups.end());
    }
  }
  auto made = maker_->MakeRollup(request, stop);
  if (!made || *made == nullptr) return false;
  const std::lock_guard lock(mutex_);
  kept_[tile].rollups.push_back(std::move(*made));
  return true;
}

}  // namespace tailrace::server
