// What DuckDB hands out as Arrow: the two structures of the Arrow C data interface, whose members and their order the interface fixes
// (arrow.apache.org, "The Arrow C data interface"). Only the files of sql/ that read them include this header.
#pragma once

#include <cstdint>

extern "C" {

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

}  // extern "C"

namespace tailrace::sql {

// Owns what one of the two refers to.
template <typename T>
struct ArrowOwner {
  T value{};
  ArrowOwner() = default;
  ArrowOwner(const ArrowOwner&) = delete;
  ArrowOwner& operator=(const ArrowOwner&) = delete;
  ~ArrowOwner() {
    if (value.release != nullptr) value.release(&value);
  }
};

}  // namespace tailrace::sql
