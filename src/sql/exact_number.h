// A sum of doubles, and of their squares, without any rounding: whatever the order of the additions, the same number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace::sql {

// A signed number in base 2^32: the sum of digits[i] * 2^(32 * (first + i)). Canonical: no zero digit at either end,
// zero is not negative.
struct BigNumber {
  bool negative = false;
  int first = 0;
  std::vector<uint32_t> digits;

  BigNumber Times(const BigNumber& other) const;
  BigNumber TimesCount(uint64_t count) const;
  BigNumber Minus(const BigNumber& other) const;

  // The nearest double of |this| * 2^-exponent, in [0.5, 1), with its exponent; (0, 0) for zero. Halves go to even.
  struct Scaled {
    double fraction = 0;
    int exponent = 0;
  };
  Scaled Round() const;
  double ToDouble() const;  // infinite beyond the range
};

// Adds up. A window of digits that have not carried yet; it lies in the object itself as long as the numbers are of
// similar size. Threads: as any value. May also be moved as bytes, as DuckDB does.
class ExactNumber {
 public:
  ExactNumber() = default;
  ExactNumber(ExactNumber&& other) noexcept
      : heap_(std::exchange(other.heap_, nullptr)),
        inline_(other.inline_),
        first_(other.first_),
        size_(std::exchange(other.size_, int16_t{0})),
        additions_(other.additions_) {}
  ExactNumber& operator=(ExactNumber&&) = delete;
  ~ExactNumber() { delete[] heap_; }

  void Add(double finite);
  void AddSquare(double finite);
  void Add(const BigNumber& number);

  BigNumber Canonical() const;

 private:
  static constexpr int kInline = 5;
  // A digit takes at most 2^32 in one addition, so this many leave it far from the ends of 64 bits.
  static constexpr uint32_t kAdditionsMax = 1U << 30;

  __extension__ using UInt128 = unsigned __int128;

  void AddScaled(UInt128 magnitude, int exponent, bool negative);
  void Reserve(int first, int end);
  void CountAddition();
  int64_t* digits() { return heap_ != nullptr ? heap_ : inline_.data(); }
  const int64_t* digits() const { return heap_ != nullptr ? heap_ : inline_.data(); }

  int64_t* heap_ = nullptr;
  std::array<int64_t, kInline> inline_{};
  int16_t first_ = 0;
  int16_t size_ = 0;
  uint32_t additions_ = 0;
};

// What is kept of the doubles of one group: how many, their exact sum, that of their squares if wanted, and what is not
// finite.
class ExactMoments {
 public:
  void Add(double value, bool with_squares);
  void Merge(const ExactMoments& other);

  // docs/formats/exact_sum.md draws the bytes.
  std::string Encode(bool with_squares) const;
  // False when the bytes are not what Encode writes; then nothing is added.
  [[nodiscard]] bool MergeEncoded(std::string_view bytes);
  static bool HasSquares(std::string_view encoded);

  uint64_t count() const { return count_; }
  std::optional<double> Sum() const;  // nullopt: no values
  std::optional<double> Average() const;
  std::optional<double> Variance(
      bool sample) const;  // nullopt also for a sample of one; NaN when a value is not finite

 private:
  void AddFlags(uint8_t flags) { flags_ = static_cast<uint8_t>(flags_ | flags); }

  ExactNumber sum_;
  ExactNumber squares_;
  uint64_t count_ = 0;
  uint8_t flags_ = 0;
};

}  // namespace tailrace::sql
