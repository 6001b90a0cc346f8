#include "server/graph_reads.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(GraphReadsTest, ALimitedKeySeesItsPartsAndNotWhatTheyAreMadeOf) {
  TestServer server(WholePipeline());
  server.authenticator.Add("k", {Role::kRead}, std::set{Thing{ThingKind::kTable, "per_item"}, Thing{ThingKind::kTable, "best"}});
  const std::string graph = server.Get("/graph", "Authorization: Bearer k\r\n").body;
  EXPECT_TRUE(Holds(graph, R"({"from":"table/per_item","to":"view/best"})")) << graph;
  for (const char* hidden : {"sales", "notes", "door", "items", "api/top", "SELECT"}) EXPECT_FALSE(Holds(graph, hidden)) << hidden << "\n" << graph;
}

}  // namespace
}  // namespace tailrace::server
