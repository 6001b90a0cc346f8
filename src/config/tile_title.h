// Names of the file as people write titles.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::config {

// revenue_by_country, unitPrice: "Revenue by country", "Unit price".
std::string ReadableName(std::string_view name);

}  // namespace tailrace::config
