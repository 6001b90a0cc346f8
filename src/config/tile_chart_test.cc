// What a tile is where the file says little.
#include "config/tile_chart.h"

#include <gtest/gtest.h>

#include <string>

#include "config/load.h"
#include "config/tile_title.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kFile = R"yaml(
pipeline: shop
streams:
  orders:
    key: id
    schema: {id: string, country: string, item: string, qty: int, price: "decimal(10,2)", sold: timestamp, money: string}
tables:
  by_country: {sql: "SELECT country, sum(qty) AS qty FROM orders GROUP BY ALL"}
dashboards:
  sales_overview:
    params: {country: string?}
    tiles:
      - )yaml";

TileSpec Tile(const std::string& tile) {
  const Loaded loaded = ParsePipeline(std::string(kFile) + tile + "\n", "shop.yaml", {});
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == Severity::kError) ADD_FAILURE() << Render(diagnostic, false);
  }
  if (!loaded.pipeline) return {};
  return loaded.pipeline->dashboards.at(0).tiles.at(0);
}

TileSpec OfSql(const std::string& sql, const std::string& more = "") { return Tile("{sql: \"" + sql + "\"" + more + "}"); }

using Names = std::vector<std::string>;

TEST(TileChart, OneNumberIsANumber) {
  const TileSpec tile = OfSql("SELECT sum(qty) AS total FROM orders");
  EXPECT_EQ(tile.chart, Chart::kNumber);
  EXPECT_EQ(tile.y, Names{"total"});
  EXPECT_EQ(tile.title, "Total");
  EXPECT_EQ(tile.width, 3);
  EXPECT_EQ(tile.height, 2);
}

TEST(TileChart, NumbersOverATimeAreALine) {
  const TileSpec tile = OfSql("SELECT date_trunc('day', sold) AS day, sum(qty) AS qty, count(*) AS n FROM orders GROUP BY ALL");
  EXPECT_EQ(tile.chart, Chart::kLine);
  EXPECT_EQ(tile.x, "day");
  EXPECT_EQ(tile.y, (Names{"qty", "n"}));
  EXPECT_EQ(tile.series, "");
  EXPECT_EQ(tile.order_by, "\"day\"");
  EXPECT_EQ(tile.title, "Qty by day");
}

TEST(TileChart, ALineWithOneTextHasALineForEachOfThem) {
  const TileSpec tile = OfSql("SELECT sold::DATE AS day, country, sum(qty) AS qty, count(*) AS n FROM orders GROUP BY ALL");
  EXPECT_EQ(tile.series, "country");
  EXPECT_EQ(tile.y, Names{"qty"});
  EXPECT_EQ(tile.order_by, "\"day\", \"country\"");
}

TEST(TileChart, ATextThatSaysTheCurrencyIsNoSeries) {
  const TileSpec tile = OfSql("SELECT sold, money, price FROM orders", ", format: {price: 'currency:money'}");
  EXPECT_EQ(tile.series, "");
  EXPECT_EQ(tile.format, (TextByName{{"price", "currency:money"}}));
}

TEST(TileChart, ATextAndANumberAreBarsTheLargestFirst) {
  const TileSpec tile = Tile("{from: by_country}");
  EXPECT_EQ(tile.chart, Chart::kBar);
  EXPECT_EQ(tile.sql.text, "SELECT * FROM by_country");
  EXPECT_EQ(tile.title, "By country");
  EXPECT_EQ(tile.order_by, "\"qty\" DESC, \"country\"");
  EXPECT_EQ(tile.reads, Names{"by_country"});
}

TEST(TileChart, TwoTextsAndANumberAreATable) {
  const TileSpec tile = OfSql("SELECT country, item, qty FROM orders");
  EXPECT_EQ(tile.chart, Chart::kTable);
  EXPECT_EQ(tile.order_by, "ALL");
}

TEST(TileChart, AnOrderOfItsOwnIsKept) {
  EXPECT_EQ(OfSql("SELECT country, qty FROM orders ORDER BY qty").order_by, "");
  EXPECT_NE(OfSql("SELECT country, (SELECT max(qty) FROM (FROM orders ORDER BY qty)) AS qty FROM orders").order_by, "");
}

TEST(TileChart, AHeatMapTakesTwoColumnsAndANumber) {
  const TileSpec tile = OfSql("SELECT country, hour(sold) AS hour, count(*) AS n FROM orders GROUP BY ALL", ", chart: heatmap");
  EXPECT_EQ(tile.x, "country");
  EXPECT_EQ(tile.y, Names{"hour"});
  EXPECT_EQ(tile.value, "n");
}

TEST(TileChart, AScatterTakesTheFirstTwoNumbers) {
  const TileSpec tile = OfSql("SELECT item, qty, price FROM orders", ", chart: scatter");
  EXPECT_EQ(tile.x, "qty");
  EXPECT_EQ(tile.y, Names{"price"});
}

TEST(TileChart, WhatItWasBeforeIsNoSecondNumber) {
  const TileSpec tile = OfSql("SELECT sum(qty) AS now, count(*) AS before FROM orders", ", change: before");
  EXPECT_EQ(tile.chart, Chart::kNumber);
  EXPECT_EQ(tile.y, Names{"now"});
}

TEST(TileChart, NamesAreThoseOfTheSelect) {
  const TileSpec tile = Tile("{from: by_country, chart: bar, x: COUNTRY, y: Qty, sets: {country: Country}}");
  EXPECT_EQ(tile.x, "country");
  EXPECT_EQ(tile.y, Names{"qty"});
  EXPECT_EQ(tile.sets, (TextByName{{"country", "country"}}));
}

TEST(TileChart, ItsParametersAreThoseThatItsSqlNames) {
  EXPECT_EQ(OfSql("SELECT item, qty FROM orders WHERE country = $country").params, Names{"country"});
  EXPECT_EQ(Tile("{from: by_country}").params, Names{});
}

TEST(TileChart, ATextIsAText) {
  const TileSpec tile = Tile("{text: '# Sales'}");
  EXPECT_EQ(tile.chart, Chart::kText);
  EXPECT_EQ(tile.width, 12);
  EXPECT_EQ(tile.title, "");
}

TEST(ReadableName, SplitsWordsAndKeepsAbbreviations) {
  EXPECT_EQ(ReadableName("revenue_by_country"), "Revenue by country");
  EXPECT_EQ(ReadableName("UnitPrice"), "Unit price");
  EXPECT_EQ(ReadableName("customerID"), "Customer ID");
  EXPECT_EQ(ReadableName("_x__y_"), "X y");
  EXPECT_EQ(ReadableName(""), "");
}

}  // namespace
}  // namespace tailrace::config
