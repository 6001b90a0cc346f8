#include "engine/bisect.h"

namespace tailrace::engine {
namespace {

Status Search(RowRange range, const std::function<Status(RowRange)>& test, std::vector<RefusedRow>* refused) {
  if (range.begin >= range.end) return {};
  const Status passed = test(range);
  if (passed) return {};
  if (passed.error().code() != ErrorCode::kInvalid) return passed;
  if (range.end - range.begin == 1) {
    refused->push_back({range.begin, passed.error().message()});
    return {};
  }
  const size_t middle = range.begin + (range.end - range.begin) / 2;
  TR_RETURN_IF_ERROR(Search({range.begin, middle}, test, refused));
  return Search({middle, range.end}, test, refused);
}

}  // namespace

Result<std::vector<RefusedRow>> FindRefusedRows(RowRange range, const std::function<Status(RowRange)>& test) {
  std::vector<RefusedRow> refused;
  TR_RETURN_IF_ERROR(Search(range, test, &refused));
  return refused;
}

std::vector<RowRange> RangesBetween(RowRange range, const std::vector<RefusedRow>& refused) {
  std::vector<RowRange> ranges;
  size_t begin = range.begin;
  for (const RefusedRow& row : refused) {
    if (row.row > begin) ranges.push_back({begin, row.row});
    begin = row.row + 1;
  }
  if (begin < range.end) ranges.push_back({begin, range.end});
  return ranges;
}

}  // namespace tailrace::engine
