// The conservation law as metrics.
#pragma once

#include <vector>

#include "base/metrics.h"
#include "engine/auditor.h"
#include "engine/progress.h"

namespace tailrace::app {

// The counters of each materialisation, its lag in seconds, and whether the law holds. Borrows both as long as the metrics are asked for.
void AddAuditMetrics(Metrics& metrics, engine::Auditor& auditor, const std::vector<engine::MaterializationProgress>& materializations);

}  // namespace tailrace::app
