// The engine's progress, and the health of everything, as the HTTP server asks for it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/engine.h"
#include "server/services.h"

namespace tailrace::app {

// Ownership: borrows the engine and the clock.
class ProgressView final : public server::Progress {
 public:
  // What is tried again for longer than this is no passing hitch.
  static constexpr std::chrono::seconds kHitch{10};

  ProgressView(engine::Engine& engine, Clock& clock) : engine_(engine), clock_(clock) {}

  std::vector<engine::MaterializationProgress> All() const override;
  bool Reached(std::string_view stream, const Positions& wanted) const override;
  void Subscribe(std::function<void()> changed) override;
  std::vector<std::string> NotReadyReasons() const override;

 private:
  engine::Engine& engine_;
  Clock& clock_;
};

}  // namespace tailrace::app
