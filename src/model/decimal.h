// Numbers read from their digits and written as digits, never through a double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/row_sink.h"

namespace tailrace {

// Digits that fit the widest decimal.
inline constexpr int kDecimalWidthMax = 38;

// A number's text taken apart; views into that text.
struct NumberParts {
  bool negative = false;
  bool is_json = false;  // also a number by JSON's grammar: no `+`, no leading zeros, digits on both sides of a point
  std::string_view integer;    // digits before the point
  std::string_view fraction;   // digits after it
  int64_t exponent = 0;        // held within +-kExponentMax
};

// An exponent beyond this is cut to it: no number of ours comes near.
inline constexpr int64_t kExponentMax = 1'000'000;

// Takes `[+-]digits[.digits][(e|E)[+-]digits]`, one side of the point may be empty. Nullopt when `text` is anything
// else.
std::optional<NumberParts> ScanNumber(std::string_view text);

// The number times 10^scale. Nullopt when that is no whole number (more digits than the scale holds) or has more than
// 38 digits.
std::optional<Int128> ScaledValue(const NumberParts& number, int scale);

// 10^exponent, for 0 to 38.
Int128 PowerOfTen(int exponent);

// True when `unscaled` has at most `width` digits.
bool FitsWidth(Int128 unscaled, int width);

// Appends the canonical text: all digits of the scale, `-0.50`, `12`.
void AppendDecimal(Int128 unscaled, int scale, std::string* out);

// The nearest double of a text that ScanNumber takes; nullopt beyond the finite range. Too small is 0.
std::optional<double> NearestDouble(std::string_view text);

// Appends the shortest text that reads back as the same double; both zeros are `0`. `value` is finite.
void AppendDouble(double value, std::string* out);

}  // namespace tailrace
