#include "engine/bisect.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tailrace::engine {
namespace {

bool ByRow(const RefusedRow& a, const RefusedRow& b) { return a.row < b.row; }

bool OfTheData(const Status& failed) { return failed.error().code() == ErrorCode::kInvalid; }

class Search {
 public:
  Search(RowRange range, const std::vector<size_t>& excluded, const RowTest& test) : range_(range), out_(excluded), test_(test) {}

  // Goes through the rows until those that are left pass together: rows that were handed out before a failure need not have been
  // finished with, and of two faults of one row's neighbours only the first is told.
  Status ByFailures() {
    while (true) {
      const size_t known = refused_.size();
      TR_RETURN_IF_ERROR(GoThrough());
      if (refused_.size() == known) return {};
      LeaveOut();
      const Status passed = Test(range_, 0, nullptr);
      if (passed || !OfTheData(passed)) return passed;
    }
  }

  // From failure to failure: the rows that a test was handed last are looked at one by one.
  Status GoThrough() {
    for (size_t at = range_.begin; at < range_.end;) {
      RowRange suspects;
      const Status passed = Test({at, range_.end}, 0, &suspects);
      if (passed) break;
      if (!OfTheData(passed)) return passed;
      if (!IsWithin(suspects, {at, range_.end})) return Halve({at, range_.end});
      const size_t known = refused_.size();
      TR_RETURN_IF_ERROR(OneByOne(suspects));
      if (refused_.size() == known) TR_RETURN_IF_ERROR(Halve({at, suspects.end}));
      at = suspects.end;
    }
    return {};
  }

  // Each half on its own, down to one row.
  Status Halve(RowRange rows) {
    if (rows.begin >= rows.end) return {};
    const Status passed = Test(rows, 0, nullptr);
    if (passed) return {};
    if (!OfTheData(passed)) return passed;
    if (rows.end - rows.begin == 1) {
      refused_.push_back({rows.begin, passed.error().message()});
      return {};
    }
    const size_t middle = rows.begin + (rows.end - rows.begin) / 2;
    TR_RETURN_IF_ERROR(Halve({rows.begin, middle}));
    return Halve({middle, rows.end});
  }

  std::vector<RefusedRow> Take() {
    std::sort(refused_.begin(), refused_.end(), ByRow);
    return std::move(refused_);
  }

 private:
  static bool IsWithin(RowRange inner, RowRange outer) {
    return outer.begin <= inner.begin && inner.begin < inner.end && inner.end <= outer.end;
  }

  std::vector<size_t> ExcludedIn(RowRange rows) const {
    const auto begin = std::lower_bound(out_.begin(), out_.end(), rows.begin);
    return {begin, std::lower_bound(begin, out_.end(), rows.end)};
  }

  Status Test(RowRange rows, size_t at_once, RowRange* suspects) const { return test_({rows, ExcludedIn(rows), at_once}, suspects); }

  Status OneByOne(RowRange rows) {
    for (size_t at = rows.begin; at < rows.end;) {
      RowRange suspect;
      const Status passed = Test({at, rows.end}, 1, &suspect);
      if (passed) return {};
      if (!OfTheData(passed)) return passed;
      const bool is_one = IsWithin(suspect, {at, rows.end}) && suspect.end - suspect.begin == 1;
      if (!is_one) return Halve({at, rows.end});
      const Status alone = Test(suspect, 0, nullptr);
      if (alone) return Halve({at, rows.end});
      if (!OfTheData(alone)) return alone;
      refused_.push_back({suspect.begin, alone.error().message()});
      at = suspect.end;
    }
    return {};
  }

  void LeaveOut() {
    std::vector<size_t> found = NumbersOf(refused_);
    std::sort(found.begin(), found.end());
    std::vector<size_t> out;
    std::set_union(out_.begin(), out_.end(), found.begin(), found.end(), std::back_inserter(out));
    out_ = std::move(out);
  }

  const RowRange range_;
  std::vector<size_t> out_;  // those excluded and those found, ascending
  const RowTest& test_;
  std::vector<RefusedRow> refused_;
};

}  // namespace

Result<std::vector<RefusedRow>> FindRefusedRows(RowRange range, const std::vector<size_t>& excluded, const RowTest& test) {
  Search search(range, excluded, test);
  TR_RETURN_IF_ERROR(search.ByFailures());
  return search.Take();
}

Result<std::vector<RefusedRow>> FindRefusedRowsByHalving(RowRange range, const std::vector<size_t>& excluded, const RowTest& test) {
  Search search(range, excluded, test);
  TR_RETURN_IF_ERROR(search.Halve(range));
  return search.Take();
}

std::vector<size_t> NumbersOf(const std::vector<RefusedRow>& refused) {
  std::vector<size_t> rows;
  rows.reserve(refused.size());
  for (const RefusedRow& row : refused) rows.push_back(row.row);
  return rows;
}

}  // namespace tailrace::engine
