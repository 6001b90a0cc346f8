#include "app/progress_view.h"

#include <fmt/format.h>

#include <utility>

namespace tailrace::app {

std::vector<engine::MaterializationProgress> ProgressView::All() const { return engine_.progress().All(); }

bool ProgressView::Reached(std::string_view stream, const Positions& wanted) const {
  return engine_.progress().Reached(stream, wanted);
}

void ProgressView::Subscribe(std::function<void()> changed) { engine_.progress().Subscribe(std::move(changed)); }

std::vector<std::string> ProgressView::NotReadyReasons() const {
  std::vector<std::string> reasons;
  for (const auto& m : engine_.progress().All()) {
    if (m.shadow) continue;
    if (m.stopped) {
      reasons.push_back(fmt::format("{} {} has stopped: {}", m.kind, m.name, m.trouble));
    } else if (m.troubled_since && clock_.Monotonic() - *m.troubled_since >= kHitch) {
      reasons.push_back(fmt::format("{} {} stands still and is tried again: {}", m.kind, m.name, m.trouble));
    }
  }
  return reasons;
}

}  // namespace tailrace::app
