// What a fault is called, so that equal faults of different records have one name.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::engine {

// Longer names are cut.
inline constexpr size_t kFaultNameBytesMax = 300;

// "/items/3/price" and `expected decimal(12,3), found string "six"` give "items/*/price: expected decimal(12,3), found string"; an SQL
// error gives its first line. Quoted texts of the data go, numbers become N; types such as DECIMAL(12,3) and INT32 stay.
std::string FaultName(std::string_view pointer, std::string_view reason);

// Eight hex digits for a command line: of the stage, the materialisation and the name.
std::string FaultId(std::string_view stage, std::string_view materialization, std::string_view name);

}  // namespace tailrace::engine
