// Big-endian integers and zigzag varints, as Kafka's formats have them, and a buffer that grows without clearing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tailrace {

inline void StoreBig16(char* to, uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, sizeof value);
}
inline void StoreBig32(char* to, uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
inline void StoreBig64(char* to, uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}
inline uint16_t LoadBig16(const char* from) {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap16(value);
}
inline uint32_t LoadBig32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap32(value);
}
inline uint64_t LoadBig64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}

inline constexpr size_t kVarintBytesMax = 10;

inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

inline size_t VarintSize(int64_t value) {
  const uint64_t bits = ZigZag(value) | 1;
  return (static_cast<size_t>(63 - __builtin_clzll(bits)) / 7) + 1;
}

// Writes at most kVarintBytesMax bytes and returns the place after them.
inline char* PutVarint(char* to, int64_t value) {
  uint64_t rest = ZigZag(value);
  while (rest >= 0x80) {
    *to++ = static_cast<char>(rest | 0x80);
    rest >>= 7;
  }
  *to++ = static_cast<char>(rest);
  return to;
}

// Reads values one after the other from bytes that may be anything. After the first one that does not fit all are zero
// or empty and ok() is false, so that a caller checks once, at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  uint8_t U8() {
    const char* from = Take(1);
    return from == nullptr ? uint8_t{0} : static_cast<uint8_t>(*from);
  }
  uint32_t Big32() {
    const char* from = Take(4);
    return from == nullptr ? 0 : LoadBig32(from);
  }
  uint64_t Big64() {
    const char* from = Take(8);
    return from == nullptr ? 0 : LoadBig64(from);
  }
  int64_t Signed64() { return static_cast<int64_t>(Big64()); }
  int64_t Varint() {
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<uint8_t>(*at_++);
      bits |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return UnZigZag(bits);
    }
    Break();
    return 0;
  }
  // `size` bytes as they stand; a negative size does not fit.
  std::string_view Bytes(int64_t size) {
    if (size < 0) {
      Break();
      return {};
    }
    const char* from = Take(static_cast<uint64_t>(size));
    return from == nullptr ? std::string_view() : std::string_view(from, static_cast<size_t>(size));
  }
  // A text as AppendText writes it.
  std::string_view Text() { return Bytes(Varint()); }

 private:
  const char* Take(uint64_t size) {
    if (size > left()) {
      Break();
      return nullptr;
    }
    const char* from = at_;
    at_ += size;
    return from;
  }
  void Break() {
    ok_ = false;
    at_ = end_;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

inline void AppendBig32(std::string* to, uint32_t value) {
  char bytes[4];
  StoreBig32(bytes, value);
  to->append(bytes, sizeof bytes);
}
inline void AppendBig64(std::string* to, uint64_t value) {
  char bytes[8];
  StoreBig64(bytes, value);
  to->append(bytes, sizeof bytes);
}
inline void AppendVarint(std::string* to, int64_t value) {
  char bytes[kVarintBytesMax];
  to->append(bytes, static_cast<size_t>(PutVarint(bytes, value) - bytes));
}
// Length as a varint, then the bytes.
inline void AppendText(std::string* to, std::string_view text) {
  AppendVarint(to, static_cast<int64_t>(text.size()));
  to->append(text);
}

// Bytes under construction. Unlike std::string it does not clear what it hands out.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ByteBuffer() { std::free(data_); }

  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_, size_}; }
  void clear() { size_ = 0; }

  // Room for `more` bytes after the end, which stays where it is until set_end.
  char* Reserve(size_t more) {
    if (size_ + more > capacity_) Grow(size_ + more);
    return data_ + size_;
  }
  // `end` is at or before the end of what Reserve gave.
  void set_end(const char* end) { size_ = static_cast<size_t>(end - data_); }
  void resize(size_t size) {
    if (size > capacity_) Grow(size);
    size_ = size;
  }
  void Free() {
    std::free(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void Grow(size_t least) {
    const size_t capacity = least > 2 * capacity_ ? least : 2 * capacity_;
    void* data = std::realloc(data_, capacity);
    TR_CHECK(data != nullptr);
    data_ = static_cast<char*>(data);
    capacity_ = capacity;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tailrace
