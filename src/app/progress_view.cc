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
  const auto now = clock_.Monotonic();
  const auto add = [&](std::string_view what, const Standstill& still, std::string_view for_good) {
    if (!still.stopped && now - still.since < kHitch) return;
    const std::string how = !still.stopped   ? "stands still and is tried again"
                            : still.again_at ? "has " + StoppedText(still.again_at, now)
                                             : std::string(for_good);
    reasons.push_back(fmt::format("{} {} {}: {}", what, still.name, how, still.reason));
  };
  for (const auto& m : engine_.progress().All()) {
    if (m.shadow || (!m.stopped && !m.troubled_since)) continue;
    add(m.kind, {m.name, m.trouble, m.troubled_since.value_or(now), m.stopped, m.again_at}, "has stopped");
  }
  for (const Standstill& feed : engine_.progress().FeedTroubles()) add("what is made from stream", feed, "has stopped");
  for (const Standstill& view : engine_.view_collections().Troubles()) add("collection", view, "cannot be rewritten");
  if (lake_ == nullptr) return reasons;
  for (const Standstill& raw : lake_->RawTroubles()) add("the raw lake of stream", raw, "has stopped");
  for (const Standstill& table : lake_->TableTroubles()) add("the lake's table", table, "has stopped");
  return reasons;
}

}  // namespace tailrace::app
