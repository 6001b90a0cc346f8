// What a test expects, held against what is there, with a difference that a person can read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/json_value.h"

namespace tailrace::app {

// Whether `actual` is what `expected` asks for. Objects may have more members than expected. Numbers compare by value
// (those with a fraction to 1e-12 of it), times as times, and a number or bool that was written for a text matches its
// text.
bool IsAsExpected(const JsonValue& expected, const JsonValue& actual);

// Rows in any order; each expected row needs a row of its own, and none may be left over. Empty when that is so, else
// the difference.
std::string RowsDifference(std::string_view what, const std::vector<JsonValue>& expected,
                           const std::vector<JsonValue>& actual);

// Empty when `actual` is what `expected` asks for, else both.
std::string ValueDifference(std::string_view what, const JsonValue& expected, const JsonValue& actual);

// Rows beyond this are counted, not shown.
inline constexpr size_t kShownRowsMax = 10;

}  // namespace tailrace::app
