// Numbers that name records. Each is a type of its own, so that an offset is never taken for a sequence number.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace tailrace {

// Place of a record in its partition, from 0, without gaps.
struct Offset {
  int64_t value = 0;
  auto operator<=>(const Offset&) const = default;
  Offset Plus(int64_t records) const { return {value + records}; }
};

// Partition of a stream, from 0.
struct PartitionId {
  int32_t value = 0;
  auto operator<=>(const PartitionId&) const = default;
};

// Place of a record in the order of the whole server (`_seq`), from 1.
struct Seq {
  int64_t value = 0;
  auto operator<=>(const Seq&) const = default;
  Seq Plus(int64_t records) const { return {value + records}; }
};

// For each partition of one stream the next offset: everything below has been consumed.
using Positions = std::vector<Offset>;

}  // namespace tailrace
