#include "app/description.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

config::SourceSpec Source(const std::string& name, const std::string& stream, decltype(config::SourceSpec::kind) kind) {
  config::SourceSpec source;
  source.name = name;
  source.into.emplace_back();
  source.into.back().stream = stream;
  source.kind = std::move(kind);
  return source;
}

config::Pipeline Shop() {
  config::Pipeline pipeline;
  config::HttpSourceSpec till;
  till.method = "POST";
  till.route = "/till";
  config::PollSourceSpec rates;
  rates.url = "https://user:secret@rates.example/live";
  pipeline.sources = {Source("till", "sales", till), Source("currency", "rates", rates), Source("old", "sales", config::FileSourceSpec{})};
  for (const std::string name : {"per_day", "per_month", "per_year"}) {
    config::ApiSpec api;
    api.route = "/api/" + name;
    pipeline.apis.push_back(api);
  }
  pipeline.collections.emplace_back();
  pipeline.collections.back().name = "invoices";
  return pipeline;
}

TEST(DescriptionTest, WaysInAndOutAreListedWithoutAddresses) {
  EXPECT_EQ(DescribeWays(Shop(), 120),
            "  POST /till  into sales\n  currency (poll)  into rates\n  old (file)  into sales\n"
            "  GET /api/per_day, /api/per_month, /api/per_year, /collections/invoices\n");
}

TEST(DescriptionTest, LinesEndBeforeTheTerminalDoes) {
  const std::string ways = DescribeWays(Shop(), 40);
  EXPECT_EQ(ways.substr(ways.find("  GET")),
            "  GET /api/per_day, /api/per_month,\n      /api/per_year,\n      /collections/invoices\n");
}

TEST(DescriptionTest, NothingIsSaidOfWhatThereIsNot) { EXPECT_EQ(DescribeWays(config::Pipeline{}, 80), ""); }

}  // namespace
}  // namespace tailrace::app
