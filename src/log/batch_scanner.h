// Walks over the batches of one segment from a known place, checking each: the one way in which bytes of a segment
// become batches again at a start, in `verify` and in `inspect`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "log/record_batch.h"

namespace tailrace::log {

// Threads: one at a time. Ownership: borrows `file`. Errors: only those of reading; damage is an outcome.
class BatchScanner {
 public:
  enum class Outcome {
    kBatch,   // header() and bytes() tell of it
    kEnd,     // the limit, or nothing but zeros where a header would be
    kBroken,  // bytes that are not the batch expected here; problem() says why
  };

  // Bytes at and after `limit` are not looked at.
  BatchScanner(File& file, int64_t position, int64_t limit, int64_t expected_offset)
      : file_(file), limit_(limit), next_position_(position), expected_offset_(expected_offset) {}

  Result<Outcome> Next();

  const BatchHeader& header() const { return header_; }
  std::string_view bytes() const { return bytes_; }  // valid until the next call
  int64_t position() const { return position_; }     // of the batch; of the place where the outcome was found
  const std::string& problem() const { return problem_; }
  int64_t next_position() const { return next_position_; }  // where the next call looks
  int64_t expected_offset() const { return expected_offset_; }

  // The next call looks here.
  void GoTo(int64_t position, int64_t expected_offset) {
    next_position_ = position;
    expected_offset_ = expected_offset;
  }

  // After kBroken: goes to the next place where a whole batch of a later offset lies, if there is one.
  Result<bool> SkipDamage();

  // After kBroken: whether the batch that its header tells of is followed by a whole one. Batches are written one after
  // the other, each only after the one before was synced, so then this one was synced too.
  Result<bool> FollowedByBatch();

 private:
  // `size` bytes at `position`; fewer at the limit.
  Result<std::string_view> Window(int64_t position, int64_t size);
  // A whole batch at `position` whose checksum holds and whose base offset is above `least`.
  Result<bool> WholeBatchAt(int64_t position, int64_t least);
  Result<std::optional<std::string>> ProblemHere();

  File& file_;
  const int64_t limit_;
  int64_t next_position_;
  int64_t expected_offset_;
  int64_t position_ = 0;
  BatchHeader header_;
  std::string_view bytes_;
  std::string problem_;
  std::string buffer_;
  int64_t buffer_position_ = 0;
};

}  // namespace tailrace::log
