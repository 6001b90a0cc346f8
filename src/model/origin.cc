#include "model/origin.h"

#include <charconv>

namespace tailrace {

std::string_view PlaceUnitName(PlaceUnit unit) {
  switch (unit) {
    case PlaceUnit::kNone: return "";
    case PlaceUnit::kLine: return "line";
    case PlaceUnit::kByte: return "byte";
    case PlaceUnit::kRow: return "row";
    case PlaceUnit::kRecord: return "record";
    case PlaceUnit::kEntry: return "entry";
  }
  return "";
}

std::string Origin::RequestId() const {
  std::string id(request);
  if (!number) return id;
  constexpr int kHex = 16;
  char digits[sizeof(uint64_t) * 2];
  const auto end = std::to_chars(digits, digits + sizeof digits, *number, kHex).ptr;
  id.append(digits, end);
  return id;
}

int64_t OriginRun::PlaceOf(Offset offset) const {
  const auto index = static_cast<size_t>(offset.value - first.value);
  int64_t at = place + static_cast<int64_t>(steps.empty() ? index : 0);
  for (size_t i = 0; i < index && i < steps.size(); ++i) at += steps[i];
  return at;
}

}  // namespace tailrace
