// Texts that live until all of them are dropped together.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace tailrace::server {

// Threads: one. Ownership: what Copy and Make return stays valid until Clear.
class TextArena {
 public:
  std::string_view Copy(std::string_view text);
  // Space for `bytes`, of unset content.
  std::span<char> Make(size_t bytes);

  // Drops every text and keeps a block for the next.
  void Clear();
  size_t bytes() const { return bytes_; }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  size_t used_ = 0;   // of the last block
  size_t bytes_ = 0;  // of all blocks
};

}  // namespace tailrace::server
