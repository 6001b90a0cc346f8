#include "server/doors/text_arena.h"

#include <algorithm>
#include <cstring>

namespace tailrace::server {
namespace {

constexpr size_t kBlockBytes = 4 << 10;
constexpr size_t kBlockBytesMax = 1 << 20;

}  // namespace

std::span<char> TextArena::Make(size_t bytes) {
  if (blocks_.empty() || blocks_.back().size - used_ < bytes) {
    const size_t grown = std::clamp(bytes_, kBlockBytes, kBlockBytesMax);
    const size_t size = std::max(grown, bytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    bytes_ += size;
    used_ = 0;
  }
  const std::span<char> made(blocks_.back().data.get() + used_, bytes);
  used_ += bytes;
  return made;
}

std::string_view TextArena::Copy(std::string_view text) {
  const std::span<char> made = Make(text.size());
  if (!text.empty()) std::memcpy(made.data(), text.data(), text.size());
  return {made.data(), made.size()};
}

void TextArena::Clear() {
  if (blocks_.size() > 1) blocks_.resize(1);
  if (!blocks_.empty() && blocks_.front().size > kBlockBytes) blocks_.clear();
  bytes_ = blocks_.empty() ? 0 : blocks_.front().size;
  used_ = 0;
}

}  // namespace tailrace::server
