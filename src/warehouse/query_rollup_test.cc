// Groups formed ahead of questions: what is answered from them, as of when, and when there are none.
#include <gtest/gtest.h>

#include <thread>

#include "warehouse/testing/shop_fixture.h"

namespace tailrace::warehouse {
namespace {

class QueryRollupTest : public ShopTest {
 protected:
  QueryRollupTest() {
    query_.sql = "SELECT product, sum(price) AS revenue, count(*) AS n FROM sales WHERE quantity = coalesce($quantity, quantity) GROUP BY ALL ORDER BY ALL";
    query_.trusted = true;
    query_.rows_max = 100;
    query_.now_micros = 1;
    query_.parameters.push_back({"quantity", "", {}, true});
    query_.parameters.back().type.kind = TypeKind::kString;
  }

  // Forty sales of two products, twenty each of quantity 1 and 2.
  void Fill() {
    Open();
    for (int i = 0; i < 10; ++i) Keep({{"a", "1", 1000}, {"a", "2", 1500}, {"b", "1", 2000}, {"b", "2", 2500}});
  }

  RollupMaker& maker() { return dynamic_cast<RollupMaker&>(*warehouse_); }

  RollupPtr Make(int64_t groups_max = 100, int64_t rows_min = 0) {
    auto made = maker().MakeRollup({query_, rows_min, groups_max, fixed_, others_}, {});
    EXPECT_TRUE(made) << made.error().message();
    return made ? *made : nullptr;
  }

  std::string AskFor(const std::string& quantity, RollupPtr rollup = nullptr) {
    QueryRequest request = query_;
    request.parameters.back().value = quantity;
    request.parameters.back().null = quantity.empty();
    request.rollup = std::move(rollup);
    return Ask(request);
  }

  QueryRequest query_;
  std::set<std::string> fixed_;
  std::vector<RollupPtr> others_;
};

TEST_F(QueryRollupTest, GroupsAnswerAsTheRowsDo) {
  Fill();
  const RollupPtr rollup = Make();
  ASSERT_NE(rollup, nullptr);
  EXPECT_EQ(rollup->groups->rows, 40);
  EXPECT_EQ(rollup->groups->groups, 4);
  for (const char* quantity : {"", "1", "2", "3"}) EXPECT_EQ(AskFor(quantity, rollup), AskFor(quantity)) << quantity;
  EXPECT_EQ(AskFor("2", rollup), R"("a",15.000,10; "b",25.000,10)");
}

TEST_F(QueryRollupTest, GroupsStayAsOfTheirMoment) {
  Fill();
  const RollupPtr rollup = Make();
  const std::string before = AskFor("1", rollup);
  Keep({{"a", "1", 1000}});
  EXPECT_EQ(AskFor("1", rollup), before);
  ASSERT_EQ(summary_.as_of.size(), 1U);
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{40}});
  EXPECT_NE(AskFor("1"), before);
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{41}});
}

TEST_F(QueryRollupTest, FewRowsManyGroupsAndOtherShapesAreLeftToRows) {
  Fill();
  EXPECT_EQ(Make(100, 41), nullptr);
  EXPECT_EQ(Make(3), nullptr);
  EXPECT_NE(Make(4, 40), nullptr);
  query_.sql = "SELECT _offset AS o, count(*) AS n FROM sales WHERE quantity = $quantity GROUP BY ALL";  // a group for each row
  EXPECT_EQ(Make(), nullptr);
  query_.sql = "SELECT sum(price::DOUBLE) AS revenue FROM sales WHERE quantity = $quantity";  // other sums in another order
  EXPECT_EQ(Make(), nullptr);
  query_.sql = "SELECT price FROM sales WHERE quantity = $quantity";
  EXPECT_EQ(Make(), nullptr);
}

TEST_F(QueryRollupTest, FixedParametersAreNoneOfTheGroups) {
  Fill();
  query_.sql = "SELECT product, sum(price) AS revenue FROM sales WHERE quantity = coalesce($quantity, quantity) AND price < $most GROUP BY ALL ORDER BY ALL";
  query_.parameters.insert(query_.parameters.begin(), {"most", "2", {}, false});
  query_.parameters.front().type.kind = TypeKind::kInt;
  EXPECT_EQ(Make()->groups->groups, 4);
  fixed_ = {"most"};
  const RollupPtr rollup = Make();
  ASSERT_NE(rollup, nullptr);
  EXPECT_EQ(rollup->groups->rows, 20);
  EXPECT_EQ(rollup->groups->groups, 2);
  ASSERT_EQ(rollup->groups->fixed.size(), 1U);
  EXPECT_EQ(rollup->groups->fixed[0].value, "2");
  for (const char* quantity : {"", "1", "2"}) EXPECT_EQ(AskFor(quantity, rollup), AskFor(quantity)) << quantity;
}

TEST_F(QueryRollupTest, GroupsOfAnotherSelectAnswerWhereTheyHaveAllThatIsAskedFor) {
  Fill();
  others_ = {Make()};
  const std::string from = " FROM sales WHERE quantity = coalesce($quantity, quantity)";
  for (const char* select : {"SELECT count(*) AS n", "SELECT sum(price) AS revenue", "SELECT quantity, sum(price) AS revenue, count(*) AS n"}) {
    query_.sql = select + from + (select[7] == 'q' ? " GROUP BY ALL ORDER BY ALL" : "");
    const RollupPtr rollup = Make(0);  // no room for groups of its own
    ASSERT_NE(rollup, nullptr) << select;
    EXPECT_EQ(rollup->groups, others_[0]->groups);
    for (const char* quantity : {"", "1", "3"}) EXPECT_EQ(AskFor(quantity, rollup), AskFor(quantity)) << select;
  }
  query_.sql = "SELECT max(price) AS most" + from;
  EXPECT_EQ(Make(0), nullptr);
  query_.sql = "SELECT count(*) AS n" + from + " AND product = 'a'";
  EXPECT_EQ(Make(0), nullptr);
}

TEST_F(QueryRollupTest, GroupsOfOtherFixedValuesAnswerNothing) {
  Fill();
  query_.sql = "SELECT count(*) AS n FROM sales WHERE quantity = coalesce($quantity, quantity) AND price < $most";
  query_.parameters.insert(query_.parameters.begin(), {"most", "2", {}, false});
  query_.parameters.front().type.kind = TypeKind::kInt;
  fixed_ = {"most"};
  others_ = {Make()};
  EXPECT_EQ(Make(0)->groups, others_[0]->groups);
  query_.parameters.front().value = "3";
  EXPECT_EQ(Make(0), nullptr);
}

TEST_F(QueryRollupTest, GroupsGoWithTheirLastHolderAndNobodyElseReadsThem) {
  Fill();
  RollupPtr rollup = Make();
  QueryRequest inside;
  inside.sql = "SELECT count(*) FROM tailrace_rollups.main.r0";
  EXPECT_EQ(Ask(inside), "error: invalid");
  inside.trusted = true;
  inside.sql = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'tailrace_rollups'";
  EXPECT_EQ(Ask(inside), "1");
  rollup = nullptr;
  EXPECT_EQ(Ask(inside), "0");
}

TEST_F(QueryRollupTest, StoppedMeansNothingIsLeftBehind) {
  Fill();
  std::stop_source stop;
  stop.request_stop();
  const auto made = maker().MakeRollup({query_, 0, 100, {}, {}}, stop.get_token());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kCancelled);
  EXPECT_NE(Make(), nullptr);
}

}  // namespace
}  // namespace tailrace::warehouse
