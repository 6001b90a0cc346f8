#include "server/dashboards/tile_warmer.h"

#include <utility>

namespace tailrace::server {

struct TileWarmer::State {
  Dashboard dashboard;
  std::string version;                                // as it was last seen
  std::chrono::steady_clock::time_point changed_at{};
  std::optional<std::string> warmed;                  // the version for which it was computed
  std::atomic<std::chrono::steady_clock::rep> looked_at{0};
};

TileWarmer::TileWarmer(const std::vector<Dashboard>& dashboards, Warm warm, Clock& clock, Executor& loop)
    : warm_(std::move(warm)), clock_(clock), loop_(loop) {
  for (const Dashboard& dashboard : dashboards) {
    states_.push_back(std::make_unique<State>());
    states_.back()->dashboard = dashboard;
    states_.back()->changed_at = clock.Monotonic();
  }
}

TileWarmer::~TileWarmer() = default;

void TileWarmer::Looked(size_t dashboard) { states_[dashboard]->looked_at = clock_.Monotonic().time_since_epoch().count(); }

void TileWarmer::Tick(const Progress& progress) {
  const auto now = clock_.Monotonic();
  if (states_.empty() || busy_ || now - looked_at_ < kBetweenLooks) return;
  looked_at_ = now;
  const CommitVersions versions = CommitVersions::Now(progress);
  for (size_t i = 0; i < states_.size(); ++i) {
    State& state = *states_[i];
    std::string version = versions.Of(state.dashboard.made_from);
    if (version != state.version) {
      state.version = std::move(version);
      state.changed_at = now;
    }
    if (state.warmed == state.version || now - state.changed_at < kQuiet) continue;
    const std::chrono::steady_clock::time_point looked{std::chrono::steady_clock::duration(state.looked_at.load())};
    if (state.warmed && now - looked > kRemembered) continue;
    state.warmed = state.version;
    for (size_t tile = 0; tile < state.dashboard.tiles; ++tile) waiting_.emplace_back(i, tile);
  }
  WarmNext();
}

void TileWarmer::WarmNext() {
  if (waiting_.empty()) return;
  const auto [dashboard, tile] = waiting_.front();
  waiting_.pop_front();
  busy_ = true;
  warm_(dashboard, tile, [this] {
    loop_.Post([this] {
      busy_ = false;
      WarmNext();
    });
  });
}

}  // namespace tailrace::server
