#include "engine/bisect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace tailrace::engine {
namespace {

// How a query hands out its rows and when it fails.
struct Behaviour {
  std::set<size_t> bad = {};             // fail alone
  size_t group = 16;                     // rows handed out together, unless one by one
  size_t held_back = 0;                  // so many rows are kept before they are looked at, as a filter keeps small groups
  bool tells = true;                     // which rows it was handed last
  size_t together_max = SIZE_MAX;        // more rows overflow, whatever they are
};

class FakeQuery {
 public:
  explicit FakeQuery(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  Status operator()(const Trial& trial, RowRange* suspects) {
    ++calls;
    std::vector<size_t> rows;
    for (size_t row = trial.range.begin; row < trial.range.end; ++row) {
      if (!std::binary_search(trial.excluded.begin(), trial.excluded.end(), row)) rows.push_back(row);
    }
    const size_t at_once = trial.rows_at_once == 0 ? behaviour_.group : trial.rows_at_once;
    size_t looked_at = 0;
    for (size_t begin = 0; begin < rows.size(); begin += at_once) {
      const size_t end = std::min(begin + at_once, rows.size());
      if (suspects != nullptr && behaviour_.tells) *suspects = {rows[begin], rows[end - 1] + 1};
      const size_t ready = end == rows.size() ? end : end - std::min(end, behaviour_.held_back);
      for (; looked_at < ready; ++looked_at) {
        if (behaviour_.bad.contains(rows[looked_at])) return Fail(Error::Invalid("row " + std::to_string(rows[looked_at])));
        if (looked_at >= behaviour_.together_max) return Fail(Error::Invalid("overflow"));
      }
    }
    return {};
  }

  int calls = 0;

 private:
  Behaviour behaviour_;
};

std::vector<size_t> Found(Behaviour behaviour, size_t rows, int* calls = nullptr) {
  FakeQuery query(std::move(behaviour));
  const auto refused = FindRefusedRows({0, rows}, {}, std::ref(query));
  EXPECT_TRUE(refused.has_value());
  if (calls != nullptr) *calls = query.calls;
  return refused ? NumbersOf(*refused) : std::vector<size_t>();
}

TEST(BisectTest, FindsEveryFailingRowWithItsOwnReason) {
  FakeQuery query({.bad = {0, 17, 18, 999}});
  const auto refused = FindRefusedRows({0, 1000}, {}, std::ref(query));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(NumbersOf(*refused), (std::vector<size_t>{0, 17, 18, 999}));
  EXPECT_EQ(refused->at(1).reason, "row 17");
}

TEST(BisectTest, ManyFailingRowsCostTwoTestsEachAndAFewForTheRest) {
  Behaviour behaviour{.bad = {}, .group = 2048};
  for (size_t row = 0; row < 20'000; row += 5) behaviour.bad.insert(row);
  const auto bad = static_cast<int>(behaviour.bad.size());
  int calls = 0;
  EXPECT_EQ(Found(behaviour, 20'000, &calls).size(), behaviour.bad.size());
  EXPECT_LE(calls, 2 * bad + 50);
}

TEST(BisectTest, OneFailingRowCostsAHandfulOfTests) {
  int calls = 0;
  EXPECT_EQ(Found({.bad = {4242}, .group = 2048}, 1 << 14, &calls), std::vector<size_t>{4242});
  EXPECT_LE(calls, 6);
}

TEST(BisectTest, WithoutSuspectsItCostsTheLogarithmOfTheBatch) {
  int calls = 0;
  EXPECT_EQ(Found({.bad = {4242}, .tells = false}, 1 << 14, &calls), std::vector<size_t>{4242});
  EXPECT_LE(calls, 2 * 14 + 4);
}

TEST(BisectTest, AFaultOfNoRowAloneGivesNone) { EXPECT_TRUE(Found({.together_max = 2}, 8).empty()); }

TEST(BisectTest, BesideAFaultOfNoRowAloneTheFailingOnesAreFound) {
  EXPECT_EQ(Found({.bad = {3, 90}, .together_max = 40}, 100), (std::vector<size_t>{3, 90}));
}

TEST(BisectTest, AFaultOfTheMachineBlamesNoRow) {
  for (const ErrorCode code : {ErrorCode::kExhausted, ErrorCode::kUnavailable, ErrorCode::kCancelled, ErrorCode::kInternal}) {
    for (int passes = 0; passes < 4; ++passes) {  // it strikes at the first test, or later
      int calls = 0;
      FakeQuery query({.bad = {3, 4}});
      const auto refused = FindRefusedRows({0, 8}, {}, [&](const Trial& trial, RowRange* suspects) -> Status {
        if (calls++ == passes) return Fail(Error(code, "the machine"));
        return query(trial, suspects);
      });
      ASSERT_FALSE(refused.has_value()) << passes;
      EXPECT_EQ(refused.error().code(), code);
    }
  }
}

TEST(BisectTest, ExcludedRowsAreNotLookedAt) {
  FakeQuery query({.bad = {1, 5, 6}});
  const auto refused = FindRefusedRows({0, 10}, {1, 6}, std::ref(query));
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(NumbersOf(*refused), std::vector<size_t>{5});
}

// Whatever a query holds back, and whomever it suspects, what is found is what halving finds.
TEST(BisectTest, FindsWhatHalvingFinds) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    Behaviour behaviour;
    const size_t rows = 1 + random() % 200;
    const size_t density = 1 + random() % 20;
    std::vector<size_t> excluded;
    for (size_t row = 0; row < rows; ++row) {
      if (random() % 20 < density) behaviour.bad.insert(row);
      if (random() % 10 == 0) excluded.push_back(row);
    }
    behaviour.group = 1 + random() % 40;
    behaviour.held_back = random() % 3 == 0 ? random() % 60 : 0;
    behaviour.tells = random() % 8 != 0;
    FakeQuery query(behaviour);
    const RowRange range{random() % rows, rows};
    const auto found = FindRefusedRows(range, excluded, std::ref(query));
    const auto halved = FindRefusedRowsByHalving(range, excluded, std::ref(query));
    ASSERT_TRUE(found.has_value() && halved.has_value());
    ASSERT_EQ(NumbersOf(*found), NumbersOf(*halved)) << "round " << round;
    for (size_t i = 0; i < found->size(); ++i) EXPECT_EQ(found->at(i).reason, halved->at(i).reason);
  }
}

}  // namespace
}  // namespace tailrace::engine
