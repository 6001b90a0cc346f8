// GET /jobs, /jobs/{job}, /jobs/{job}/log, /alerts; POST /jobs/{job}/run; POST and DELETE /alerts/{alert}/silence.
#pragma once

#include <vector>

#include "server/http/json_out.h"
#include "server/http/read_pool.h"
#include "server/http/router.h"
#include "server/services.h"

namespace tailrace::server {

// Runs that GET /jobs/{job} shows at most.
inline constexpr int64_t kRunsShownMax = 1'000;

// The newest run of each job, and each alert, as two lists. Nothing when there are no jobs to ask.
void WriteJobStatus(JsonWriter& json, const Services& services);

// None when there are no jobs to ask. The services and the pool are borrowed.
std::vector<RouteSpec> JobRoutes(const Services& services, ReadPool& pool);

}  // namespace tailrace::server
