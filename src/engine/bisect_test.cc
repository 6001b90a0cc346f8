#include "engine/bisect.h"

#include <gtest/gtest.h>

#include <set>

namespace tailrace::engine {
namespace {

std::function<Status(RowRange)> FailsFor(std::set<size_t> bad, int* calls = nullptr) {
  return [bad = std::move(bad), calls](RowRange range) -> Status {
    if (calls != nullptr) ++*calls;
    for (const size_t row : bad) {
      if (row >= range.begin && row < range.end) return Fail(Error::Invalid("row " + std::to_string(row)));
    }
    return {};
  };
}

std::vector<size_t> Rows(const std::vector<RefusedRow>& refused) {
  std::vector<size_t> rows;
  for (const RefusedRow& row : refused) rows.push_back(row.row);
  return rows;
}

TEST(BisectTest, FindsEveryFailingRowWithItsReason) {
  const auto refused = FindRefusedRows({0, 1000}, FailsFor({0, 17, 18, 999}));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(Rows(*refused), (std::vector<size_t>{0, 17, 18, 999}));
  EXPECT_EQ(refused->at(1).reason, "row 17");
}

TEST(BisectTest, OneFailingRowCostsTheLogarithmOfTheBatch) {
  int calls = 0;
  ASSERT_TRUE(FindRefusedRows({0, 1 << 14}, FailsFor({4242}, &calls)).has_value());
  EXPECT_LE(calls, 2 * 14 + 1);
}

TEST(BisectTest, AFaultOfNoRowAloneGivesNone) {
  const auto refused = FindRefusedRows({0, 8}, [](RowRange range) -> Status {
    if (range.end - range.begin > 2) return Fail(Error::Invalid("overflow"));
    return {};
  });
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(refused->empty());
}

TEST(BisectTest, AFaultOfTheMachineBlamesNoRow) {
  const auto refused = FindRefusedRows({0, 8}, [](RowRange) -> Status { return Fail(Error::Exhausted("memory")); });
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted);
}

TEST(BisectTest, RangesBetweenLeaveOutTheRefusedRows) {
  const auto ranges = RangesBetween({2, 10}, {{2, ""}, {5, ""}, {6, ""}, {9, ""}});
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].begin, 3U);
  EXPECT_EQ(ranges[0].end, 5U);
  EXPECT_EQ(ranges[1].begin, 7U);
  EXPECT_EQ(ranges[1].end, 9U);
}

}  // namespace
}  // namespace tailrace::engine
