#include "app/settings_view.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "app/data_sizes.h"
#include "config/load.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

class SettingsViewTest : public testing::Test {
 protected:
  SettingsViewTest() {
    std::string path = (fs::temp_directory_path() / "tailrace-XXXXXX").string();
    folder_ = mkdtemp(path.data());
    text_ = "pipeline: shop\nstreams: {sales: {schema: {id: int}}}\n";
    config::Loaded loaded = config::ParsePipeline(text_, folder_ + "/pipeline.yaml", {});
    pipeline_ = std::move(*loaded.pipeline);
    limits_ = LimitsOf(pipeline_, int64_t{8} << 30);
  }
  ~SettingsViewTest() override { fs::remove_all(folder_); }

  SettingsView View(const Doorkeeper* doorkeeper = nullptr) { return SettingsView({pipeline_, text_, folder_, limits_, metrics_, SystemClock(), doorkeeper}); }
  void Write(const std::string& name, size_t bytes) const {
    fs::create_directories(fs::path(folder_ + "/" + name).parent_path());
    std::ofstream(folder_ + "/" + name, std::ios::binary) << std::string(bytes, 'x');
  }

  std::string folder_;
  std::string text_;
  config::Pipeline pipeline_;
  PartLimits limits_;
  Metrics metrics_;
};

TEST_F(SettingsViewTest, WithoutADoorNobodyLaysAKeyByForLater) {
  SettingsView view = View();
  server::KeyOrder order;
  order.roles = {"admin"};
  const auto added = view.AddKey(order, "nobody");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(view.RevokeKey("abc", "nobody").error().code(), ErrorCode::kConflict);
  EXPECT_EQ(view.Keys().value(), R"({"door":"none","keys":[]})");
}

TEST_F(SettingsViewTest, AKeyIsMadeListedWithoutItsTextAndRevoked) {
  const auto doorkeeper = Doorkeeper::Open(pipeline_.server, folder_ + "/control.sqlite", SystemClock());
  ASSERT_TRUE(doorkeeper);
  SettingsView view = View(doorkeeper->get());
  server::KeyOrder order;
  order.name = "till";
  order.roles = {"ingest", "read"};
  order.only = {{"stream:sales"}};
  const auto added = view.AddKey(order, "chief");
  ASSERT_TRUE(added) << added.error().message();
  const size_t at = added->find("tr_");
  ASSERT_NE(at, std::string::npos);
  const std::string id = added->substr(at + 3, 8);
  const std::string listed = view.Keys().value();
  EXPECT_NE(listed.find(R"("roles":["ingest","read"],"only":["stream:sales"],"state":"valid")"), std::string::npos) << listed;
  EXPECT_EQ(listed.find("tr_"), std::string::npos);
  ASSERT_TRUE(view.RevokeKey(id, "chief"));
  EXPECT_NE(view.Keys()->find(R"("state":"revoked")"), std::string::npos);
  EXPECT_EQ(view.RevokeKey("no_such", "chief").error().code(), ErrorCode::kNotFound);
}

TEST_F(SettingsViewTest, SizesAreTheFilesOfEachPart) {
  Write("log/sales/0.log", 100'000);
  Write("dlq/sales/0.log", 10'000);
  Write("lake/tables/a/b.parquet", 50'000);
  Write("warehouse.duckdb", 20'000);
  Write("warehouse.duckdb.wal", 20'000);
  const auto sizes = MeasureData(folder_, {});
  ASSERT_TRUE(sizes);
  ASSERT_EQ(sizes->streams.size(), 1U);
  EXPECT_GE(sizes->streams[0].log_bytes, 100'000);
  EXPECT_LT(sizes->streams[0].log_bytes, 140'000);
  EXPECT_GE(sizes->streams[0].letter_bytes, 10'000);
  std::map<std::string, int64_t> parts(sizes->parts.begin(), sizes->parts.end());
  EXPECT_EQ(parts.at("log"), sizes->streams[0].log_bytes);
  EXPECT_GE(parts.at("lake"), 50'000);
  EXPECT_GE(parts.at("warehouse"), 40'000);
  EXPECT_EQ(parts.at("documents"), 0);
  EXPECT_GT(sizes->disk_size, sizes->disk_free);
  EXPECT_FALSE(sizes->cut);
}

TEST_F(SettingsViewTest, AMeasurementThatNobodyWaitsForEnds) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(MeasureData(folder_, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(MeasureData(folder_ + "/nothing", {}).error().code(), ErrorCode::kUnavailable);
}

TEST_F(SettingsViewTest, ALimitTellsItsDefaultAndWhatIsUsedOfIt) {
  metrics_.AddGauge("tailrace_http_connections", "x").Set(5);
  pipeline_.server.limits["connections_max"] = 77;
  limits_ = LimitsOf(pipeline_, int64_t{8} << 30);
  const std::string overview = View().Overview({}).value();
  const size_t at = overview.find(R"("setting":"connections_max")");
  ASSERT_NE(at, std::string::npos);
  const std::string row = overview.substr(at, overview.find('}', at) - at);
  EXPECT_NE(row.find(R"("value":77,"text":"77")"), std::string::npos) << row;
  EXPECT_NE(row.find(R"("default":"10000","used":5)"), std::string::npos) << row;
}

}  // namespace
}  // namespace tailrace::app
