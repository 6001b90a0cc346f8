// The engine's progress, and the health of everything, as the HTTP server asks for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "app/lake_parts.h"
#include "engine/engine.h"
#include "server/services.h"

namespace tailrace::app {

// Ownership: borrows all.
class ProgressView final : public server::Progress {
 public:
  // What is tried again for longer than this is no passing hitch.
  static constexpr std::chrono::seconds kHitch{10};

  // `lake` null: nothing is kept in one.
  ProgressView(engine::Engine& engine, const LakeParts* lake, Clock& clock) : engine_(engine), lake_(lake), clock_(clock) {}

  std::vector<engine::MaterializationProgress> All() const override;
  bool Reached(std::string_view stream, const Positions& wanted) const override;
  void Subscribe(std::function<void()> changed) override;
  std::vector<std::string> NotReadyReasons() const override;

 private:
  engine::Engine& engine_;
  const LakeParts* const lake_;
  Clock& clock_;
};

}  // namespace tailrace::app
