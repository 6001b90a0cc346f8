// Texts of numbers and times as results carry them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/row_sink.h"

namespace tailrace::sql {

__extension__ using UInt128 = unsigned __int128;

void AppendInt128(Int128 value, std::string* out);
void AppendUInt128(UInt128 value, std::string* out);

void AppendBase64(std::string_view bytes, std::string* out);

// Dates and times count from 1970-01-01 UTC; years beyond 0 to 9999 carry a sign, as in ISO 8601. Fractions of a second
// come in groups of three digits, none when there is none. DuckDB's infinite dates and times are "infinity" and
// "-infinity".
void AppendIsoDate(int32_t days, std::string* out);
void AppendRfc3339(int64_t ticks, int64_t ticks_per_second, std::string* out);
void AppendTimeOfDay(int64_t ticks, int64_t ticks_per_second, std::string* out);
void AppendUtcOffset(int32_t seconds, std::string* out);

// P1Y2M3DT4H5M6.7S
void AppendIsoDuration(int32_t months, int32_t days, int64_t micros, std::string* out);

}  // namespace tailrace::sql
