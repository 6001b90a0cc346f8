// Dashboards as the page reads them: GET /dashboards and GET /dashboards/NAME.
#pragma once

#include <string>
#include <vector>

#include "config/spec.h"

namespace tailrace::server {

std::string DashboardsJson(const std::vector<const config::DashboardSpec*>& dashboards);

std::string DashboardJson(const config::DashboardSpec& dashboard, const std::string& file);

}  // namespace tailrace::server
