// How the values of a tile's column are written: `integer`, `percent`, `currency GBP`, `currency:COLUMN`.
#pragma once

#include <string_view>

namespace tailrace::config {

inline constexpr std::string_view kTileFormatPattern =
    "^(number|integer|percent|bytes|duration|date|datetime|text|currency [A-Z]{3}|currency:.+)$";

bool IsTileFormat(std::string_view text);

// The column of `currency:COLUMN`; empty for any other format.
std::string_view CurrencyColumn(std::string_view format);

}  // namespace tailrace::config
