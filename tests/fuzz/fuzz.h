// What the fuzz targets share. A target defines Run, which takes any bytes and returns; a requirement that does not hold
// ends the process, which is what a fuzzer looks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace tailrace::fuzz {

void Run(std::string_view input);

inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// The same for two texts, which are shown.
inline void RequireSame(std::string_view one, std::string_view other, const char* what) {
  if (one == other) return;
  std::fprintf(stderr, "does not hold: %s\n  %.*s\n  %.*s\n", what, static_cast<int>(one.size()), one.data(),
               static_cast<int>(other.size()), other.data());
  std::abort();
}

// Takes choices from the front of an input; nought when there is nothing left.
class Choices {
 public:
  explicit Choices(std::string_view input) : rest_(input) {}

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  size_t Below(size_t n) { return (size_t{Byte()} << 8 | Byte()) % n; }
  std::string_view Take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// A copy that has exactly the room it needs, so that a read beyond its end is seen, or `padding` more.
class Copy {
 public:
  explicit Copy(std::string_view text, size_t padding = 0)
      : bytes_(std::make_unique<char[]>(text.size() + padding)), size_(text.size()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
  }
  std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

}  // namespace tailrace::fuzz

extern "C" inline int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) __attribute__((used));
extern "C" inline int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tailrace::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
