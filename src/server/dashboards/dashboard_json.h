// Dashboards as the page reads them: GET /dashboards and GET /dashboards/NAME.
#pragma once

#include <string>
#include <vector>

#include "config/spec.h"

namespace tailrace::server {

std::string DashboardsJson(const std::vector<const config::DashboardSpec*>& dashboards);

// `whole`: with the SQL of its tiles and where the file defines it, which a limited caller does not see.
std::string DashboardJson(const config::DashboardSpec& dashboard, const std::string& file, bool whole);

}  // namespace tailrace::server
