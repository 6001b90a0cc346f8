// Which dashboards a caller sees.
#pragma once

#include "auth/grant.h"
#include "config/spec.h"

namespace tailrace::server {

// Whether the grant covers all that the dashboard's SQL names, as if it came from the caller himself: what a view reads is its own
// affair, and tables of jobs and relations of the system are not for limited callers.
bool CoversDashboard(const auth::Grant& grant, const config::Pipeline& pipeline, const config::DashboardSpec& dashboard);

}  // namespace tailrace::server
