#include "server/queries/chart_sink.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tailrace::server {
namespace {

constexpr size_t kBytesMax = size_t{1} << 20;

size_t Count(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::string Draw(const std::vector<ColumnInfo>& columns, const std::vector<std::vector<std::string_view>>& rows, bool truncated = false) {
  ChartSink sink(kBytesMax, "top_items");
  sink.Begin(columns);
  for (const auto& row : rows) sink.Row(row);
  return sink.Draw(truncated);
}

const std::vector<ColumnInfo> kItems = {{"name", "VARCHAR"}, {"num", "BIGINT"}};

std::vector<size_t> Chosen(const std::vector<ColumnInfo>& columns) {
  const auto chosen = ChooseChartColumns(columns);
  return chosen ? std::vector<size_t>{chosen->name, chosen->number} : std::vector<size_t>{};
}

TEST(ChartSinkTest, BarsAreTheNumbersBehindTheFirstColumnThatHoldsNone) {
  EXPECT_EQ(Chosen({{"id", "BIGINT"}, {"name", "VARCHAR"}, {"items", "HUGEINT"}, {"price", "DECIMAL(12,2)"}}), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(Chosen({{"items", "DOUBLE"}, {"month", "TIMESTAMP"}}), (std::vector<size_t>{1, 0}));
}

TEST(ChartSinkTest, WhereAllAreNumbersTheLastIsDrawnOverTheFirst) {
  EXPECT_EQ(Chosen({{"above", "BIGINT"}, {"up_to", "BIGINT"}, {"products", "BIGINT"}}), (std::vector<size_t>{0, 2}));
  EXPECT_EQ(Chosen({{"n", "INTEGER"}}), (std::vector<size_t>{0, 0}));
}

TEST(ChartSinkTest, WithoutNumbersThereIsNothingToDraw) {
  EXPECT_TRUE(Chosen({{"name", "VARCHAR"}, {"numbers", "BIGINT[]"}}).empty());
  EXPECT_TRUE(Chosen({}).empty());
}

TEST(ChartSinkTest, BarsAreAsLongAsTheirNumbers) {
  const std::string image = Draw(kItems, {{R"("a")", "4"}, {R"("b")", "2"}, {R"("c")", "null"}});
  EXPECT_NE(image.find(R"(<rect x="370.0" y="56" width="460.0")"), std::string::npos) << image;
  EXPECT_NE(image.find(R"(<rect x="370.0" y="78" width="230.0")"), std::string::npos) << image;
  EXPECT_NE(image.find(R"(<rect x="370.0" y="100" width="0.0")"), std::string::npos) << image;
}

TEST(ChartSinkTest, NumbersBelowZeroGoToTheLeft) {
  const std::string image = Draw(kItems, {{R"("a")", "-1.50"}, {R"("b")", "0.50"}});
  EXPECT_NE(image.find(R"(<rect x="370.0" y="56" width="345.0")"), std::string::npos) << image;
  EXPECT_NE(image.find(R"(<rect x="715.0" y="78" width="115.0")"), std::string::npos) << image;
  EXPECT_NE(image.find(">-1.50</text>"), std::string::npos) << image;
}

TEST(ChartSinkTest, NoTextOfARowIsTakenForMarkup) {
  const std::string image = Draw({{"<b>", "VARCHAR"}, {"n", "BIGINT"}}, {{R"("<script>alert('x')</script>\u0001\u001f & \"\uffff")", "1"}});
  EXPECT_EQ(image.find("<script"), std::string::npos) << image;
  EXPECT_NE(image.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;   &amp; &quot;?"), std::string::npos) << image;
  EXPECT_EQ(image.find("<b>"), std::string::npos) << image;
}

TEST(ChartSinkTest, LongNamesAreCutBetweenCharacters) {
  const std::string name = '"' + std::string(kChartNameCharactersMax - 1, 'a') + "éé\"";
  const std::string image = Draw(kItems, {{name, "1"}});
  EXPECT_NE(image.find(std::string(kChartNameCharactersMax - 1, 'a') + "é…</text>"), std::string::npos) << image;
  EXPECT_NE(image.find("éé: 1</title>"), std::string::npos) << image;
}

TEST(ChartSinkTest, RowsBeyondTheBarsAreCounted) {
  const std::vector<std::vector<std::string_view>> rows(kChartBarsMax + 7, {R"("a")", "1"});
  const std::string image = Draw(kItems, rows);
  EXPECT_EQ(Count(image, "<g>"), kChartBarsMax);
  EXPECT_NE(image.find(">and 7 more rows<"), std::string::npos);
  EXPECT_NE(Draw(kItems, rows, true).find(">and at least 7 more rows<"), std::string::npos);
}

TEST(ChartSinkTest, NoRowsAndNumbersThatNoDoubleHoldsAreAPictureAllTheSame) {
  EXPECT_NE(Draw(kItems, {}).find(">no rows<"), std::string::npos);
  const std::string image = Draw(kItems, {{R"("a")", "1e999"}, {R"("b")", "-1.7e308"}, {R"("c")", "1.7e308"}});
  EXPECT_EQ(image.find("nan"), std::string::npos) << image;
  EXPECT_EQ(image.find("inf"), std::string::npos) << image;
}

}  // namespace
}  // namespace tailrace::server
