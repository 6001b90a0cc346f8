// What jobs and alerts say in /metrics.
#pragma once

#include "app/jobs.h"
#include "base/metrics.h"

namespace tailrace::app {

// `jobs` is borrowed and outlives what `metrics` is asked.
void AddJobMetrics(Metrics& metrics, Jobs& jobs);

}  // namespace tailrace::app
