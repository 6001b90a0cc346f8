// Bytes received and not yet used, in one piece, with readable padding behind them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace tailrace::server {

// Threads: one. Growing moves the bytes: views into them end there.
class InputBuffer {
 public:
  // Readable (and meaningless) bytes behind the last one; at least RecordDecoder::kPadding.
  static constexpr size_t kPadding = 64;

  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  size_t capacity() const { return capacity_; }

  // Room behind the bytes, as large as it can be without moving anything.
  std::span<char> Room() { return {data_.get() + end_, capacity_ - end_}; }
  // Makes room for `bytes` behind what is there.
  void Reserve(size_t bytes);

  void Commit(size_t bytes) { end_ += bytes; }   // of Room() have been filled
  void Consume(size_t bytes);                    // from the front; Room() stays where it is, as a read into it may be pending

  // Gives memory back when nothing is held and there is more of it than `capacity_max`.
  void Trim(size_t capacity_max);

 private:
  std::unique_ptr<char[]> data_;
  size_t capacity_ = 0;  // without the padding
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace tailrace::server
