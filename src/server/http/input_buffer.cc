#include "server/http/input_buffer.h"

#include <algorithm>
#include <cstring>

#include "model/record_decoder.h"

namespace tailrace::server {

static_assert(InputBuffer::kPadding >= RecordDecoder::kPadding);

void InputBuffer::Reserve(size_t bytes) {
  if (capacity_ - end_ >= bytes) return;
  const size_t held = size();
  if (capacity_ - held >= bytes) {
    std::memmove(data_.get(), data_.get() + begin_, held);
  } else {
    const size_t capacity = std::max(held + bytes, std::min(capacity_ * 2, held + bytes * 2));
    auto moved = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
    if (held > 0) std::memcpy(moved.get(), data_.get() + begin_, held);
    std::memset(moved.get() + capacity, 0, kPadding);
    data_ = std::move(moved);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = held;
}

void InputBuffer::Consume(size_t bytes) { begin_ += bytes; }

void InputBuffer::Trim(size_t capacity_max) {
  if (size() > 0 || capacity_ <= capacity_max) return;
  data_.reset();
  capacity_ = begin_ = end_ = 0;
}

}  // namespace tailrace::server
