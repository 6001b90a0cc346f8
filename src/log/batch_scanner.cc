#include "log/batch_scanner.h"

#include <algorithm>

namespace tailrace::log {
namespace {

constexpr int64_t kWindowBytes = int64_t{1} << 20;
constexpr auto kHeaderBytes = static_cast<int64_t>(kBatchHeaderBytes);

bool AllZero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Result<std::string_view> BatchScanner::Window(int64_t position, int64_t size) {
  size = std::clamp<int64_t>(limit_ - position, 0, size);
  if (position < buffer_position_ || position + size > buffer_position_ + std::ssize(buffer_)) {
    buffer_.resize(static_cast<size_t>(std::clamp<int64_t>(limit_ - position, 0, std::max(size, kWindowBytes))));
    TR_TRY(const size_t read, file_.ReadAt(position, buffer_));
    buffer_.resize(read);
    buffer_position_ = position;
  }
  return std::string_view(buffer_).substr(static_cast<size_t>(position - buffer_position_), static_cast<size_t>(size));
}

Result<std::optional<std::string>> BatchScanner::ProblemHere() {
  const auto problem = [](std::string text) { return std::optional<std::string>(std::move(text)); };
  TR_TRY(const std::string_view start, Window(position_, kHeaderBytes));
  if (std::ssize(start) < kHeaderBytes) return problem("the file ends within a batch header");
  header_ = DecodeBatchHeader(start.data());
  std::string wrong = HeaderProblem(header_, expected_offset_);
  if (!wrong.empty()) return problem(std::move(wrong));
  if (position_ + header_.total_bytes() > limit_) return problem("the file ends within a batch");
  TR_TRY(bytes_, Window(position_, header_.total_bytes()));
  if (std::ssize(bytes_) < header_.total_bytes()) return problem("the file ends within a batch");
  if (!BatchCrcHolds(bytes_)) return problem("the checksum does not hold");
  return std::optional<std::string>();
}

Result<BatchScanner::Outcome> BatchScanner::Next() {
  position_ = next_position_;
  TR_TRY(const std::string_view start, Window(position_, kHeaderBytes));
  if (AllZero(start)) return Outcome::kEnd;
  TR_TRY(std::optional<std::string> problem, ProblemHere());
  if (problem) {
    problem_ = std::move(*problem);
    return Outcome::kBroken;
  }
  next_position_ = position_ + header_.total_bytes();
  expected_offset_ = header_.end_offset();
  return Outcome::kBatch;
}

Result<bool> BatchScanner::WholeBatchAt(int64_t position, int64_t least) {
  TR_TRY(const std::string_view start, Window(position, kHeaderBytes));
  if (std::ssize(start) < kHeaderBytes) return false;
  const BatchHeader header = DecodeBatchHeader(start.data());
  if (header.base_offset < least || !HeaderProblem(header, header.base_offset).empty()) return false;
  if (position + header.total_bytes() > limit_) return false;
  TR_TRY(const std::string_view bytes, Window(position, header.total_bytes()));
  return std::ssize(bytes) == header.total_bytes() && BatchCrcHolds(bytes);
}

Result<bool> BatchScanner::SkipDamage() {
  for (int64_t candidate = position_ + 1; candidate + kHeaderBytes <= limit_; ++candidate) {
    TR_TRY(const bool whole, WholeBatchAt(candidate, expected_offset_));
    if (!whole) continue;
    TR_TRY(const std::string_view start, Window(candidate, kHeaderBytes));
    next_position_ = candidate;
    expected_offset_ = DecodeBatchHeader(start.data()).base_offset;
    return true;
  }
  return false;
}

Result<bool> BatchScanner::FollowedByBatch() {
  TR_TRY(const std::string_view start, Window(position_, kHeaderBytes));
  if (std::ssize(start) < kHeaderBytes) return false;
  const BatchHeader header = DecodeBatchHeader(start.data());
  if (!HeaderProblem(header, expected_offset_).empty()) return false;
  TR_TRY(const std::string_view next, Window(position_ + header.total_bytes(), kHeaderBytes));
  if (std::ssize(next) < kHeaderBytes || DecodeBatchHeader(next.data()).base_offset != header.end_offset())
    return false;
  return WholeBatchAt(position_ + header.total_bytes(), header.end_offset());
}

}  // namespace tailrace::log
