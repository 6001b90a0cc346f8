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
  for (const auto& [name, ids] : streams_) {
    const auto partitions = log_.Partitions(ids.records);
    for (size_t p = 0; p < partitions.size(); ++p) {
      if (partitions[p].fenced) {
        reasons.push_back(fmt::format("partition {}/{} takes no appends: {}", name, p, partitions[p].fenced->message()));
      }
    }
  }
  for (const auto& m : engine_.progress().All()) {
    if (m.stopped && !m.shadow) reasons.push_back(fmt::format("{} {} has stopped: {}", m.kind, m.name, m.trouble));
  }
  return reasons;
}

}  // namespace tailrace::app
