// What the formats of JSON share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sources/row_format.h"

namespace tailrace {

// Bytes of a byte order mark at the beginning; nullopt when that cannot be told yet.
std::optional<size_t> ByteOrderMarkSize(const TextBlock& block);

// A row of one JSON text, which is copied only where it must become UTF-8 or one line.
void AddJsonRow(std::string_view json, bool latin1, int64_t place, int64_t line, RowBatch* rows);

// "longer than a row may be (16777216 bytes)"
std::string LimitText(size_t row_bytes_max);

}  // namespace tailrace
