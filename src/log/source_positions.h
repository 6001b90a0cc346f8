// The source positions of a partition, each with the place in the partition where it was written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ports/event_log.h"

namespace tailrace::log {

struct PlacedPosition {
  SourcePosition position;
  int64_t at = 0;  // offset of the record that carries it; the end of the partition when none does
};

// Threads: one at a time.
class SourcePositions {
 public:
  // The later one of two for the same item stays; at the same place the one that is put last.
  void Put(PlacedPosition placed);
  std::optional<SourcePosition> Find(std::string_view source, std::string_view item) const;
  bool empty() const { return placed_.empty(); }
  void clear() { placed_.clear(); }

  std::string Encode() const;
  // kCorruption.
  static Result<SourcePositions> Decode(std::string_view bytes);

  // As the value of a record's header.
  static std::string EncodeHeader(const SourcePosition& position);
  static Result<SourcePosition> DecodeHeader(std::string_view bytes);

  // The older positions of `older` do not replace ours.
  void Merge(const SourcePositions& other);

 private:
  std::map<std::pair<std::string, std::string>, PlacedPosition, std::less<>> placed_;
};

}  // namespace tailrace::log
