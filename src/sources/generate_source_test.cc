#include "sources/generate_source.h"

#include <gtest/gtest.h>

#include <thread>

namespace tailrace {
namespace {

std::optional<ResumePoint> Nowhere(std::string_view) { return std::nullopt; }

Schema AnySchema() {
  Schema schema;
  schema.unknown_fields = UnknownFields::kDrop;
  return schema;
}

std::string Refusal(const std::string& sql) {
  GenerateSourceOptions options;
  options.sql = sql;
  auto source = MakeGenerateSource(options, AnySchema(), SystemClock());
  return source ? "" : source.error().message();
}

TEST(GenerateSource, RowsAreObjectsInTheOrderOfI) {
  GenerateSourceOptions options;
  options.name = "made";
  options.sql =
      "SELECT i AS id, ['Ada', 'Edsger'][1 + i % 2] AS name, TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i) AS at";
  options.rows = 3;
  auto source = MakeGenerateSource(options, AnySchema(), SystemClock());
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ((*source)->SizeHint(), 3);
  auto batch = (*source)->Next(1 << 20, Nowhere, {});
  ASSERT_TRUE(batch) << batch.error().message();
  ASSERT_EQ(batch->rows.size(), 3u);
  EXPECT_EQ(batch->rows[0].json, R"({"id":0,"name":"Ada","at":"2024-01-01T00:00:00Z"})");
  EXPECT_EQ(batch->rows[2].json, R"({"id":2,"name":"Ada","at":"2024-01-01T00:00:02Z"})");
  EXPECT_EQ(batch->item, "made");
  EXPECT_EQ(batch->next, 3);
  EXPECT_TRUE((*source)->Next(1 << 20, Nowhere, {})->end);
}

TEST(GenerateSource, AFilterLeavesRowsOutWithoutEnding) {
  GenerateSourceOptions options;
  options.sql = "SELECT i AS id WHERE i % 1000 = 999";
  options.rows = 3000;
  auto source = MakeGenerateSource(options, AnySchema(), SystemClock());
  ASSERT_TRUE(source) << source.error().message();
  std::vector<std::string> rows;
  while (true) {
    auto batch = (*source)->Next(10, Nowhere, {});
    ASSERT_TRUE(batch) << batch.error().message();
    if (batch->end) break;
    for (const SourceRow& row : batch->rows) rows.emplace_back(row.json);
  }
  EXPECT_EQ(rows, (std::vector<std::string>{"{\"id\":999}", "{\"id\":1999}", "{\"id\":2999}"}));
}

TEST(GenerateSource, RateLetsThroughWhatIsDue) {
  ManualClock clock(WallTime{1'000'000});
  GenerateSourceOptions options;
  options.sql = "SELECT i AS id";
  options.rate = 10;
  auto source = MakeGenerateSource(options, AnySchema(), clock);
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, {})->next, 1);
  clock.Advance(std::chrono::milliseconds(1'050));
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, {})->next, 11);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  auto batch = (*source)->Next(1 << 20, Nowhere, stop.get_token());
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->rows.empty());
  EXPECT_FALSE(batch->end);
}

TEST(GenerateSource, APauseLetsOneRowThrough) {
  ManualClock clock(WallTime{1'000'000});
  GenerateSourceOptions options;
  options.sql = "SELECT i AS id";
  options.pause = {std::chrono::milliseconds(100), std::chrono::milliseconds(200)};
  auto source = MakeGenerateSource(options, AnySchema(), clock);
  ASSERT_TRUE(source) << source.error().message();
  // The row numbers are taken up by the first call, and the first row waits as the others do.
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, stopped.get_token())->next, 0);
  clock.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, {})->next, 1);
  clock.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, {})->next, 2);
  EXPECT_EQ((*source)->Next(1 << 20, Nowhere, stopped.get_token())->rows.size(), 0u);
}

TEST(GenerateSource, PacedRowsDoNotCatchUpAfterARestart) {
  ManualClock clock(WallTime{1'000'000'000});
  GenerateSourceOptions options;
  options.sql = "SELECT i AS id";
  options.rate = 10;
  auto source = MakeGenerateSource(options, AnySchema(), clock);
  auto batch = (*source)->Next(1 << 20, [](std::string_view) { return ResumePoint{500, ""}; }, {});
  ASSERT_EQ(batch->rows.size(), 1u);
  EXPECT_EQ(batch->rows[0].json, "{\"id\":500}");
}

TEST(GenerateSource, WhatChangesFromCallToCallIsRefused) {
  EXPECT_TRUE(Refusal("SELECT random() AS r").starts_with("random() gives something else each time"));
  EXPECT_TRUE(Refusal("SELECT now() AS t").starts_with("now()"));
  EXPECT_TRUE(Refusal("SELECT Current_Timestamp AS t").starts_with("Current_Timestamp"));
  EXPECT_TRUE(Refusal("SELECT \"random\" () AS t").starts_with("random()"));
  EXPECT_TRUE(Refusal("SELECT /* now( */ uuid /**/ () AS t").starts_with("uuid"));
  EXPECT_EQ(Refusal("SELECT 'random()' AS now -- now()"), "");
}

TEST(GenerateSource, WhatIsNoSelectOverIIsRefused) {
  EXPECT_NE(Refusal("DROP TABLE x"), "");
  EXPECT_NE(Refusal("SELECT 1; SELECT 2"), "");
  EXPECT_NE(Refusal("SELECT nothing AS a"), "");
  EXPECT_NE(Refusal("SELECT * FROM read_text('/etc/hostname')"), "");
}

TEST(GenerateSource, FewerRowsThanWereMadeIsAConflict) {
  GenerateSourceOptions options;
  options.sql = "SELECT i AS id";
  options.rows = 3;
  auto source = MakeGenerateSource(options, AnySchema(), SystemClock());
  auto batch = (*source)->Next(1 << 20, [](std::string_view) { return ResumePoint{5, ""}; }, {});
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code(), ErrorCode::kConflict);
}

}  // namespace
}  // namespace tailrace
