#include "server/graph/graph_reads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "server/graph/graph_shape.h"
#include "server/graph/part_history.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

using auth::Role;
using auth::Thing;
using auth::ThingKind;

// A door, two streams, a table with a view and an API over it, a collection.
config::Pipeline WholePipeline() {
  config::Pipeline pipeline = PipelineWithDoors();
  pipeline.sources[0].place = {7, 3};
  config::TableSpec table;
  table.name = "per_item";
  table.stream = "sales";
  table.sql.text = "SELECT item, count(*) AS n FROM sales GROUP BY ALL";
  pipeline.tables = {table};
  config::ViewSpec view;
  view.name = "best";
  view.reads = {"per_item"};
  view.sql.text = "SELECT * FROM per_item";
  pipeline.views = {view};
  pipeline.collections[0].reads = {"sales"};
  pipeline.apis[0].sql.text = "SELECT * FROM best JOIN sales USING (item)";
  pipeline.relation_columns["per_item"] = {{"item", "VARCHAR"}, {"n", "BIGINT"}};
  return pipeline;
}

bool Holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(GraphReadsTest, PartsAreNodesAndWhatTheyReadAreEdges) {
  TestServer server(WholePipeline());
  server.Post("/streams/sales", R"([{"id":1,"item":"cup"},{"id":2,"item":"pen"}])");
  const std::string graph = server.Get("/graph").body;
  EXPECT_TRUE(Holds(graph, R"({"id":"source/door","kind":"source","name":"door","line":7,"type":"http","detail":"PUT /a/door")")) << graph;
  EXPECT_TRUE(Holds(graph, R"("id":"stream/sales","kind":"stream","name":"sales","line":0,"records":2,)")) << graph;
  EXPECT_TRUE(Holds(graph, R"("columns":[{"name":"item","type":"VARCHAR"},{"name":"n","type":"BIGINT"}])")) << graph;
  for (const char* edge : {R"({"from":"source/door","to":"stream/notes"})", R"({"from":"stream/sales","to":"table/per_item"})",
                           R"({"from":"table/per_item","to":"view/best"})", R"({"from":"stream/sales","to":"collection/items"})",
                           R"({"from":"view/best","to":"api/top"})", R"({"from":"stream/sales","to":"api/top"})"}) {
    EXPECT_TRUE(Holds(graph, edge)) << edge << "\n" << graph;
  }
}

TEST(GraphReadsTest, WhatJobsAndAlertsReadLeadsToThemAndTheirTablesToTheirReaders) {
  config::Pipeline pipeline = WholePipeline();
  config::JobSpec first;
  first.name = "nightly";
  config::JobStep make;
  make.name = "sql";
  make.kind = config::SqlStep{{{"CREATE OR REPLACE TABLE sold AS SELECT item, sum(n) AS n FROM per_item GROUP BY ALL", {}, {}}}};
  config::JobStep write;
  write.name = "export";
  write.kind = config::ExportStep{{{"best", {"SELECT * FROM best", {}, {}}}, {"", {"SELECT * FROM jobs.sold", {}, {}}}}, "out/{name}.parquet", {}, {}};
  first.steps = {make, write, write};
  config::JobSpec second;
  second.name = "after";
  second.after = {"nightly"};
  config::JobStep tell;
  tell.name = "notify";
  config::NotifyStep message;
  message.sql.text = "SELECT count(*) AS n FROM jobs.sold";
  tell.kind = message;
  second.steps = {tell};
  pipeline.jobs = {first, second};
  config::AlertSpec alert;
  alert.name = "low";
  alert.sql.text = "SELECT 1 FROM best WHERE n < 3";
  pipeline.alerts = {alert};
  std::set<std::string> edges;
  for (const GraphEdge& edge : EdgesOf(pipeline)) edges.insert(edge.from + " " + edge.to);
  for (const char* edge : {"table/per_item job/nightly", "job/nightly export/nightly/export-2", "job/nightly export/nightly/export-3",
                           "view/best export/nightly/export-2", "job/nightly job/after", "view/best alert/low"}) {
    EXPECT_TRUE(edges.contains(edge)) << edge;
  }
  EXPECT_FALSE(edges.contains("table/per_item job/after"));
  const auto parts = PartsOf(pipeline);
  for (const GraphEdge& edge : EdgesOf(pipeline)) EXPECT_TRUE(parts.contains(edge.from) && parts.contains(edge.to)) << edge.from << " " << edge.to;
}

TEST(GraphReadsTest, APartTellsWhatItCountedEveryFewSeconds) {
  TestServer server(WholePipeline());
  const std::string before = server.Get("/graph/stream/sales").body;
  EXPECT_TRUE(Holds(before, R"("columns":["time","total","refused","in_flight","lag_seconds"],"rows":[[)")) << before;
  server.Post("/streams/sales", R"([{"id":1,"item":"cup"},{"id":2,"item":"pen"}])");
  server.Get("/api/top");
  server.clock.Push(kHistoryEvery);
  const auto holds = [&](const std::string& target, const std::string& part) {
    const auto patience_ends = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (std::chrono::steady_clock::now() < patience_ends) {
      if (Holds(server.Get(target).body, part)) return true;
    }
    return false;
  };
  EXPECT_TRUE(holds("/graph/stream/sales", ",2,0,0,0]]"));
  EXPECT_TRUE(holds("/graph/api/top", ",1,0,0,0]]"));
  EXPECT_EQ(server.Get("/graph/stream/nothing").status, 404);
  EXPECT_EQ(server.Get("/graph/view/sales").status, 404);
}

TEST(GraphReadsTest, ALimitedKeySeesTheHistoryOfItsPartsAlone) {
  TestServer server(WholePipeline());
  server.authenticator.Add("k", {Role::kRead}, std::set{Thing{ThingKind::kTable, "per_item"}, Thing{ThingKind::kTable, "best"}});
  const auto status = [&](const std::string& part) { return server.Get("/graph/" + part, "Authorization: Bearer k\r\n").status; };
  EXPECT_EQ(status("table/per_item"), 200);
  EXPECT_EQ(status("view/best"), 200);
  for (const char* hidden : {"stream/sales", "source/door", "collection/items", "api/top"}) EXPECT_EQ(status(hidden), 404) << hidden;
}

TEST(GraphReadsTest, ALimitedKeySeesItsPartsAndNotWhatTheyAreMadeOf) {
  TestServer server(WholePipeline());
  server.authenticator.Add("k", {Role::kRead}, std::set{Thing{ThingKind::kTable, "per_item"}, Thing{ThingKind::kTable, "best"}});
  const std::string graph = server.Get("/graph", "Authorization: Bearer k\r\n").body;
  EXPECT_TRUE(Holds(graph, R"({"from":"table/per_item","to":"view/best"})")) << graph;
  for (const char* hidden : {"sales", "notes", "door", "items", "api/top", "SELECT"}) EXPECT_FALSE(Holds(graph, hidden)) << hidden << "\n" << graph;
}

}  // namespace
}  // namespace tailrace::server
