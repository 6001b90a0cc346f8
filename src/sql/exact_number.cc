#include "sql/exact_number.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace tailrace::sql {
namespace {

__extension__ using UInt128 = unsigned __int128;

constexpr int kDigitBits = 32;
constexpr uint64_t kDigitMask = 0xFFFFFFFFU;

int FloorDiv32(int value) { return value >> 5; }

// A finite double as mantissa * 2^exponent.
struct Parts {
  uint64_t mantissa = 0;
  int exponent = 0;
  bool negative = false;
};

Parts PartsOf(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  const int biased = static_cast<int>((bits >> 52) & 0x7FF);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (biased == 0) return {fraction, -1074, bits >> 63 != 0};
  return {fraction | (uint64_t{1} << 52), biased - 1075, bits >> 63 != 0};
}

void Trim(BigNumber& number) {
  auto& digits = number.digits;
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
  size_t zeros = 0;
  while (zeros < digits.size() && digits[zeros] == 0) ++zeros;
  digits.erase(digits.begin(), digits.begin() + static_cast<ptrdiff_t>(zeros));
  number.first += static_cast<int>(zeros);
  if (digits.empty()) number = BigNumber{};
}

// Carries the digits; what is below zero as a whole is negated first.
BigNumber Carried(std::vector<int64_t> wide, int first) {
  auto carry_through = [&wide] {
    int64_t carry = 0;
    for (int64_t& digit : wide) {
      const int64_t value = digit + carry;
      digit = value & static_cast<int64_t>(kDigitMask);
      carry = value >> kDigitBits;
    }
    return carry;
  };
  BigNumber number;
  number.first = first;
  wide.insert(wide.end(), 2, 0);  // room for the carry of a full 64-bit digit
  if (carry_through() < 0) {
    // Two's complement of the whole window.
    int64_t one = 1;
    for (int64_t& digit : wide) {
      const int64_t value = static_cast<int64_t>(kDigitMask - static_cast<uint64_t>(digit)) + one;
      digit = value & static_cast<int64_t>(kDigitMask);
      one = value >> kDigitBits;
    }
    number.negative = true;
  }
  for (int64_t digit : wide) number.digits.push_back(static_cast<uint32_t>(digit));
  Trim(number);
  return number;
}

}  // namespace

BigNumber BigNumber::Times(const BigNumber& other) const {
  BigNumber product;
  if (digits.empty() || other.digits.empty()) return product;
  product.negative = negative != other.negative;
  product.first = first + other.first;
  product.digits.assign(digits.size() + other.digits.size(), 0);
  for (size_t i = 0; i < digits.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < other.digits.size(); ++j) {
      const uint64_t value = uint64_t{digits[i]} * other.digits[j] + product.digits[i + j] + carry;
      product.digits[i + j] = static_cast<uint32_t>(value & kDigitMask);
      carry = value >> kDigitBits;
    }
    product.digits[i + other.digits.size()] = static_cast<uint32_t>(carry);
  }
  Trim(product);
  return product;
}

BigNumber BigNumber::TimesCount(uint64_t count) const {
  BigNumber factor;
  factor.digits = {static_cast<uint32_t>(count & kDigitMask), static_cast<uint32_t>(count >> kDigitBits)};
  Trim(factor);
  return Times(factor);
}

BigNumber BigNumber::Minus(const BigNumber& other) const {
  ExactNumber difference;
  difference.Add(*this);
  BigNumber opposite = other;
  opposite.negative = !other.negative;
  difference.Add(opposite);
  return difference.Canonical();
}

BigNumber::Scaled BigNumber::Round() const {
  if (digits.empty()) return {};
  // The top 64 bits and whether anything is below them.
  const int top_bits = kDigitBits - std::countl_zero(digits.back());
  uint64_t top = 0;
  int have = 0;
  bool rest = false;
  for (size_t i = digits.size(); i-- > 0;) {
    const int bits = i + 1 == digits.size() ? top_bits : kDigitBits;
    const int take = std::min(bits, 64 - have);
    if (take > 0) top = (take == 64 ? 0 : top << take) | (uint64_t{digits[i]} >> (bits - take));
    if (take < bits) rest = rest || (digits[i] & ((uint64_t{1} << (bits - take)) - 1)) != 0;
    have += take;
  }
  top <<= 64 - have;  // fewer than 64 bits in all
  constexpr int kDropped = 64 - 53;
  const uint64_t below = top & ((uint64_t{1} << kDropped) - 1);
  uint64_t mantissa = top >> kDropped;
  constexpr uint64_t kHalf = uint64_t{1} << (kDropped - 1);
  if (below > kHalf || (below == kHalf && (rest || (mantissa & 1) != 0))) ++mantissa;
  const int exponent = kDigitBits * (first + static_cast<int>(digits.size()) - 1) + top_bits;
  int carry = 0;
  const double fraction = std::frexp(static_cast<double>(mantissa), &carry);
  return {fraction, exponent + carry - 53};
}

double BigNumber::ToDouble() const {
  const Scaled scaled = Round();
  const double magnitude = std::ldexp(scaled.fraction, scaled.exponent);
  return negative ? -magnitude : magnitude;
}

void ExactNumber::Reserve(int first, int end) {
  if (size_ == 0) first_ = static_cast<int16_t>(first);
  const int new_first = size_ == 0 ? first : std::min<int>(first_, first);
  const int new_end = size_ == 0 ? end : std::max<int>(first_ + size_, end);
  if (new_first == first_ && new_end == first_ + size_) return;
  const int new_size = new_end - new_first;
  const int shift = first_ - new_first;
  int64_t* from = digits();
  if (heap_ == nullptr && new_size <= kInline) {
    std::memmove(from + shift, from, static_cast<size_t>(size_) * sizeof(int64_t));
    std::fill(from, from + shift, 0);
    std::fill(from + shift + size_, from + new_size, 0);
  } else {
    auto* grown = new int64_t[static_cast<size_t>(new_size)]();
    std::copy(from, from + size_, grown + shift);
    delete[] heap_;
    heap_ = grown;
  }
  first_ = static_cast<int16_t>(new_first);
  size_ = static_cast<int16_t>(new_size);
}

void ExactNumber::CountAddition() {
  if (++additions_ < kAdditionsMax) return;
  const BigNumber carried = Canonical();
  std::fill(digits(), digits() + size_, 0);
  additions_ = 0;
  Add(carried);
}

void ExactNumber::AddScaled(UInt128 magnitude, int exponent, bool negative) {
  if (magnitude == 0) return;
  const int first = FloorDiv32(exponent);
  const int shift = exponent - first * kDigitBits;
  const uint64_t spill = shift == 0 ? 0 : static_cast<uint64_t>(magnitude >> (128 - shift));
  magnitude <<= shift;
  std::array<int64_t, 5> parts{};
  int used = 0;
  for (int i = 0; i < 4; ++i) {
    parts[static_cast<size_t>(i)] =
        static_cast<int64_t>(static_cast<uint64_t>(magnitude >> (kDigitBits * i)) & kDigitMask);
    if (parts[static_cast<size_t>(i)] != 0) used = i + 1;
  }
  parts[4] = static_cast<int64_t>(spill);
  if (spill != 0) used = 5;
  Reserve(first, first + used);
  int64_t* digit = digits() + (first - first_);
  for (int i = 0; i < used; ++i) {
    const int64_t part = parts[static_cast<size_t>(i)];
    digit[i] += negative ? -part : part;
  }
  CountAddition();
}

void ExactNumber::Add(double finite) {
  const Parts parts = PartsOf(finite);
  AddScaled(parts.mantissa, parts.exponent, parts.negative);
}

void ExactNumber::AddSquare(double finite) {
  const Parts parts = PartsOf(finite);
  AddScaled(UInt128{parts.mantissa} * parts.mantissa, 2 * parts.exponent, false);
}

void ExactNumber::Add(const BigNumber& number) {
  if (number.digits.empty()) return;
  Reserve(number.first, number.first + static_cast<int>(number.digits.size()));
  int64_t* digit = digits() + (number.first - first_);
  for (size_t i = 0; i < number.digits.size(); ++i)
    digit[i] += number.negative ? -int64_t{number.digits[i]} : int64_t{number.digits[i]};
  CountAddition();
}

BigNumber ExactNumber::Canonical() const { return Carried(std::vector<int64_t>(digits(), digits() + size_), first_); }

}  // namespace tailrace::sql
