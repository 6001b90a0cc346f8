#include "app/audit_metrics.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace tailrace::app {
namespace {

// All metrics of one scrape come from one audit.
constexpr std::chrono::milliseconds kAuditKept{250};

// Threads: thread-safe.
class KeptAudit {
 public:
  explicit KeptAudit(engine::Auditor& auditor) : auditor_(auditor) {}

  // What `value` makes of the materialisation; 0 where there is none (or the log cannot be read).
  template <typename Value>
  double Of(const std::string& kind, const std::string& name, const Value& value) {
    std::lock_guard lock(mutex_);
    Refresh();
    if (!audit_) return 0;
    for (const auto& m : audit_->materializations) {
      if (m.kind == kind && m.name == name) return static_cast<double>(value(m));
    }
    return 0;
  }

 private:
  void Refresh() {
    const auto now = std::chrono::steady_clock::now();
    if (audit_ && now - taken_ < kAuditKept) return;
    auto audit = auditor_.Now();
    audit_ = audit ? std::optional(std::move(*audit)) : std::nullopt;
    taken_ = now;
  }

  engine::Auditor& auditor_;
  std::mutex mutex_;
  std::optional<engine::Audit> audit_;              // protected by mutex_
  std::chrono::steady_clock::time_point taken_{};  // protected by mutex_
};

}  // namespace

void AddAuditMetrics(Metrics& metrics, engine::Auditor& auditor, const std::vector<engine::MaterializationProgress>& materializations) {
  using Audited = engine::AuditedMaterialization;
  const auto kept = std::make_shared<KeptAudit>(auditor);
  for (const auto& m : materializations) {
    const auto add = [&](const char* name, const char* help, auto value) {
      metrics.AddCallback(name, help, {{"kind", m.kind}, {"name", m.name}, {"stream", m.stream}},
                          [kept, kind = m.kind, of = m.name, value] { return kept->Of(kind, of, value); });
    };
    add("tailrace_read_records", "Records consumed, ever.", [](const Audited& a) { return a.flow.read; });
    add("tailrace_emitted_records", "Of them, with a part in a row or document.", [](const Audited& a) { return a.flow.emitted; });
    add("tailrace_filtered_records", "Of them, in none.", [](const Audited& a) { return a.flow.filtered; });
    add("tailrace_dead_lettered_records", "Of them, in the dead letters.", [](const Audited& a) { return a.flow.dead_lettered; });
    add("tailrace_lag_seconds", "Age of the oldest record that is not yet consumed.", [](const Audited& a) { return a.lag_seconds; });
    add("tailrace_conservation_holds", "1 while read = emitted + filtered + dead-lettered.",
        [](const Audited& a) { return a.difference.empty() ? 1 : 0; });
  }
}

}  // namespace tailrace::app
