// The state of one group's doubles, its bytes, and what is computed of it at the end.
#include <cmath>
#include <limits>

#include "sql/exact_number.h"

namespace tailrace::sql {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kNan = 1;
constexpr uint8_t kPlusInfinity = 2;
constexpr uint8_t kMinusInfinity = 4;
constexpr uint8_t kSquares = 8;
constexpr uint8_t kAllFlags = kNan | kPlusInfinity | kMinusInfinity | kSquares;
// Doubles and their squares reach from 2^-2148 to 2^2048; a sum of 2^64 of them, 64 bits further.
constexpr int kFirstDigitMin = -70;
constexpr int kDigitsMax = 140;

void PutNumber(const BigNumber& number, std::string& out) {
  out += static_cast<char>(number.negative ? 1 : 0);
  out += static_cast<char>(static_cast<int8_t>(number.first));
  out += static_cast<char>(static_cast<uint8_t>(number.digits.size()));
  for (uint32_t digit : number.digits)
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((digit >> shift) & 0xFF);
}

// Takes bytes from the front; says whether all that was asked for was there.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool Byte(uint8_t& value) {
    if (bytes_.empty()) return false;
    value = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return true;
  }

  template <typename Unsigned>
  bool Little(Unsigned& value) {
    if (bytes_.size() < sizeof(Unsigned)) return false;
    value = 0;
    for (size_t i = 0; i < sizeof(Unsigned); ++i)
      value |= static_cast<Unsigned>(static_cast<uint8_t>(bytes_[i])) << (8 * i);
    bytes_.remove_prefix(sizeof(Unsigned));
    return true;
  }

  bool Number(BigNumber& number) {
    uint8_t negative = 0;
    uint8_t first = 0;
    uint8_t size = 0;
    if (!Byte(negative) || !Byte(first) || !Byte(size) || negative > 1 || size > kDigitsMax) return false;
    number.negative = negative == 1;
    number.first = static_cast<int8_t>(first);
    if (number.first < kFirstDigitMin) return false;
    number.digits.resize(size);
    for (uint32_t& digit : number.digits)
      if (!Little(digit)) return false;
    return true;
  }

  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace

void ExactMoments::Add(double value, bool with_squares) {
  ++count_;
  if (std::isnan(value)) return AddFlags(kNan);
  if (std::isinf(value)) return AddFlags(value > 0 ? kPlusInfinity : kMinusInfinity);
  sum_.Add(value);
  if (with_squares) squares_.AddSquare(value);
}

void ExactMoments::Merge(const ExactMoments& other) {
  count_ += other.count_;
  AddFlags(other.flags_);
  sum_.Add(other.sum_.Canonical());
  squares_.Add(other.squares_.Canonical());
}

std::string ExactMoments::Encode(bool with_squares) const {
  std::string out;
  out += static_cast<char>(kVersion);
  out += static_cast<char>(flags_ | (with_squares ? kSquares : 0));
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>((count_ >> shift) & 0xFF);
  PutNumber(sum_.Canonical(), out);
  if (with_squares) PutNumber(squares_.Canonical(), out);
  return out;
}

bool ExactMoments::MergeEncoded(std::string_view bytes) {
  Reader reader(bytes);
  uint8_t version = 0;
  uint8_t flags = 0;
  uint64_t count = 0;
  BigNumber sum;
  BigNumber squares;
  if (!reader.Byte(version) || version != kVersion || !reader.Byte(flags) || (flags & ~kAllFlags) != 0) return false;
  if (!reader.Little(count) || !reader.Number(sum)) return false;
  if ((flags & kSquares) != 0 && !reader.Number(squares)) return false;
  if (!reader.at_end()) return false;
  count_ += count;
  AddFlags(static_cast<uint8_t>(flags & ~kSquares));
  sum_.Add(sum);
  squares_.Add(squares);
  return true;
}

bool ExactMoments::HasSquares(std::string_view encoded) {
  return encoded.size() > 1 && (static_cast<uint8_t>(encoded[1]) & kSquares) != 0;
}

std::optional<double> ExactMoments::Sum() const {
  if (count_ == 0) return std::nullopt;
  const bool both = (flags_ & kPlusInfinity) != 0 && (flags_ & kMinusInfinity) != 0;
  if ((flags_ & kNan) != 0 || both) return std::numeric_limits<double>::quiet_NaN();
  if ((flags_ & kPlusInfinity) != 0) return std::numeric_limits<double>::infinity();
  if ((flags_ & kMinusInfinity) != 0) return -std::numeric_limits<double>::infinity();
  return sum_.Canonical().ToDouble();
}

std::optional<double> ExactMoments::Average() const {
  const std::optional<double> sum = Sum();
  if (!sum) return std::nullopt;
  return *sum / static_cast<double>(count_);
}

std::optional<double> ExactMoments::Variance(bool sample) const {
  if (count_ == 0 || (sample && count_ == 1)) return std::nullopt;
  if (flags_ != 0) return std::numeric_limits<double>::quiet_NaN();
  // (n * squares - sum * sum) / (n * divisor): the difference is exact, so nothing cancels.
  const BigNumber sum = sum_.Canonical();
  const BigNumber::Scaled spread = squares_.Canonical().TimesCount(count_).Minus(sum.Times(sum)).Round();
  const auto n = static_cast<double>(count_);
  const double divisor = n * static_cast<double>(sample ? count_ - 1 : count_);
  return std::ldexp(spread.fraction / divisor, spread.exponent);
}

}  // namespace tailrace::sql
