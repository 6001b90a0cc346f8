// From whom a record came: kept in the log beside it, shown by traces, counted by audits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"

namespace tailrace {

enum class OriginKind : uint8_t {
  kUnknown = 0,  // written by a version that kept none, or by the program itself
  kSource = 1,   // a source of the pipeline file that is read
  kDoor = 2,     // a request
};

// What a record's place within its item or request counts.
enum class PlaceUnit : uint8_t {
  kNone = 0,
  kLine = 1,    // from 1
  kByte = 2,    // from 0
  kRow = 3,     // from 0
  kRecord = 4,  // of the request, from 0
  kEntry = 5,   // of the stream's dead-letter log: what sent the record again
};

std::string_view PlaceUnitName(PlaceUnit unit);

// The name under which records are counted that stand for lost ones, once the log has been repaired.
inline constexpr std::string_view kLostOrigin = "lost by damage";

// Views: valid as long as whoever made it says.
struct Origin {
  OriginKind kind = OriginKind::kUnknown;
  PlaceUnit unit = PlaceUnit::kNone;
  std::string_view name = {};    // of the source or of the door; what audits count by
  std::string_view client = {};  // of the key or token that a request came with; empty: none
  std::string_view item = {};    // what the source read: a path, an address, a table
  // The request's id: `request`, and when there is a number its hex digits behind.
  std::string_view request = {};
  std::optional<uint64_t> number = std::nullopt;

  std::string RequestId() const;
};

// Records one after the other that came in one append.
struct OriginRun {
  Offset first;                    // up to the first of the next run
  Origin origin;
  int64_t place = 0;               // of the first
  std::vector<int64_t> steps = {};  // from each place to the next; empty: 1 each

  int64_t PlaceOf(Offset offset) const;
};

// Records of one origin's name; "" is unknown.
struct OriginCount {
  std::string name;
  int64_t records = 0;

  bool operator==(const OriginCount&) const = default;
};

}  // namespace tailrace
