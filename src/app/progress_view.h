// The engine's progress, and the health of everything, as the HTTP server asks for it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "ports/event_log.h"
#include "server/services.h"

namespace tailrace::app {

// Ownership: borrows the engine and the log.
class ProgressView final : public server::Progress {
 public:
  ProgressView(engine::Engine& engine, EventLog& log, const engine::StreamDirectory& streams)
      : engine_(engine), log_(log), streams_(streams) {}

  std::vector<engine::MaterializationProgress> All() const override;
  bool Reached(std::string_view stream, const Positions& wanted) const override;
  void Subscribe(std::function<void()> changed) override;
  std::vector<std::string> NotReadyReasons() const override;

 private:
  engine::Engine& engine_;
  EventLog& log_;
  const engine::StreamDirectory& streams_;
};

}  // namespace tailrace::app
