#include "config/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "model/definition.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kShop = R"y(pipeline: shop
streams:
  orders:
    key: id
    schema: {id: string, client: int?, total: "decimal(12,2)", at: timestamp}
)y";

Loaded Parse(const std::string& text, std::map<std::string, std::string> environment = {}) {
  LoadOptions options;
  options.environment = [environment](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(std::string(name));
    if (found == environment.end()) return std::nullopt;
    return found->second;
  };
  return ParsePipeline(text, "/data/shop/pipeline.yaml", options);
}

Pipeline Read(const std::string& more, std::map<std::string, std::string> environment = {}) {
  Loaded loaded = Parse(std::string(kShop) + more, std::move(environment));
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == Severity::kError) ADD_FAILURE() << Render(diagnostic, false);
  }
  return loaded.pipeline.value_or(Pipeline{});
}

std::string FirstError(const std::string& text) {
  const Loaded loaded = Parse(text);
  return loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].message;
}

TEST(LoadTest, DefaultsAreFilledIn) {
  const Pipeline pipeline = Read("");
  EXPECT_EQ(pipeline.name, "shop");
  EXPECT_EQ(pipeline.folder, "/data/shop");
  ASSERT_EQ(pipeline.streams.size(), 1u);
  EXPECT_EQ(pipeline.streams[0].partitions, 1);
  EXPECT_TRUE(pipeline.streams[0].store);
  EXPECT_TRUE(pipeline.streams[0].quarantine);
  EXPECT_EQ(pipeline.streams[0].key, "id");
  EXPECT_EQ(pipeline.streams[0].place.line, 3);
  EXPECT_EQ(TypeText(pipeline.streams[0].schema.fields[2].type), "decimal(12,2)");
  EXPECT_EQ(pipeline.server.host, "127.0.0.1");
  EXPECT_EQ(pipeline.server.port, 7070);
  EXPECT_EQ(pipeline.server.data, "/data/shop/.tailrace");
}

TEST(LoadTest, SourcesAreReadWithPathsBesideTheFile) {
  const Pipeline pipeline = Read(R"y(sources:
  a: {type: file, path: ../in/*.jsonl, watch: true, into: orders}
  b: {type: http, route: PUT /orders, reply: {echo: taken, format: {at: "%Y"}}, status: 202, faults: [{at: /id}], into: {orders: /order}}
  c: {type: generate, sql: "SELECT i::VARCHAR AS id, 1.5 AS total, TIMESTAMP '2024-01-01' AS at", rows: 5, into: orders}
)y");
  ASSERT_EQ(pipeline.sources.size(), 3u);
  const auto& file = std::get<FileSourceSpec>(pipeline.sources[0].kind);
  EXPECT_EQ(file.path, "/data/in/*.jsonl");
  EXPECT_EQ(file.format, FileFormat::kJsonl);
  EXPECT_TRUE(file.watch);
  const auto& http = std::get<HttpSourceSpec>(pipeline.sources[1].kind);
  EXPECT_EQ(http.method, "PUT");
  EXPECT_EQ(http.route, "/orders");
  EXPECT_EQ(http.status, 202);
  EXPECT_EQ(http.echo->field, "taken");
  EXPECT_EQ(http.faults[0].status, 422);
  EXPECT_EQ(pipeline.sources[1].into[0].pointer, "/order");
  EXPECT_EQ(std::get<GenerateSourceSpec>(pipeline.sources[2].kind).rows, 5);
}

TEST(LoadTest, TablesKnowTheirStreamAlsoThroughViews) {
  const Pipeline pipeline = Read(R"y(tables:
  direct: {sql: SELECT id FROM orders}
  through: {sql: "SELECT client, sum(total) AS total FROM large GROUP BY client"}
views:
  larger: {sql: "SELECT * FROM large WHERE total > 100"}
  large: {sql: "SELECT client, total FROM orders WHERE total > 10"}
  of_table: {sql: SELECT total FROM through}
)y");
  EXPECT_EQ(pipeline.tables[0].stream, "orders");
  EXPECT_EQ(pipeline.tables[0].inlined_sql, "SELECT id FROM orders");
  EXPECT_EQ(pipeline.tables[1].stream, "orders");
  EXPECT_EQ(pipeline.tables[1].inlined_sql.find("FROM large"), std::string::npos) << pipeline.tables[1].inlined_sql;
  ASSERT_EQ(pipeline.views.size(), 3u);
  EXPECT_EQ(pipeline.views[0].name, "large");
  EXPECT_EQ(pipeline.views[1].name, "larger");
  EXPECT_EQ(pipeline.views[1].reads, std::vector<std::string>{"large"});
}

TEST(LoadTest, CollectionsRunOverAStreamOrOverAnswers) {
  const Pipeline pipeline = Read(R"y(tables:
  per_client: {sql: "SELECT client, sum(total) AS total FROM orders GROUP BY client"}
collections:
  by_id: {sql: "SELECT total AS total, client AS c, id AS key, _record AS document FROM orders", index: [C, total]}
  top: {sql: "SELECT client AS key, json_object('total', total) AS document FROM per_client"}
)y");
  EXPECT_EQ(pipeline.collections[0].stream, "orders");
  EXPECT_EQ(pipeline.collections[0].index, (std::vector<std::string>{"total", "c"})) << "in the order of the columns";
  EXPECT_EQ(pipeline.collections[1].stream, "");
  EXPECT_EQ(pipeline.collections[1].reads, std::vector<std::string>{"per_client"});
}

std::string FingerprintOf(const std::string& schema, const std::string& sql) {
  const Loaded loaded =
      Parse("pipeline: p\nstreams: {orders: {schema: " + schema + "}}\ntables: {t: {sql: \"" + sql + "\"}}\n");
  return loaded.pipeline ? loaded.pipeline->tables[0].fingerprint : "broken";
}

TEST(LoadTest, FingerprintsFollowTheMeaning) {
  const std::string schema = "{id: string, n: int}";
  const std::string first = FingerprintOf(schema, "SELECT id, sum(n) AS n FROM orders GROUP BY id");
  EXPECT_EQ(first, FingerprintOf(schema, "select  id, sum(n) as n\\nfrom orders group by id -- the same"));
  EXPECT_NE(first, FingerprintOf(schema, "SELECT id, max(n) AS n FROM orders GROUP BY id"));
  EXPECT_NE(first, FingerprintOf("{id: string, n: int?}", "SELECT id, sum(n) AS n FROM orders GROUP BY id"));
}

// Whether a table of this SQL must be computed again when the schema becomes another one.
bool MustRebuild(const std::string& before, const std::string& after, const std::string& sql) {
  return CompareDefinitions(FingerprintOf(before, sql), FingerprintOf(after, sql)).must_rebuild;
}

TEST(LoadTest, AFieldThatATableDoesNotReadIsNotPartOfItsMeaning) {
  const std::string before = "{id: string, n: int}";
  const std::string added = "{id: string, n: int, more: int?}";
  EXPECT_FALSE(MustRebuild(before, added, "SELECT id, sum(n) AS n FROM orders GROUP BY id"));
  EXPECT_FALSE(MustRebuild(before, added, "SELECT o.id, count(*) AS n FROM orders o GROUP BY ALL"));
  EXPECT_FALSE(MustRebuild(before, "{id: string, n: double}", "SELECT id FROM orders"));
  EXPECT_TRUE(MustRebuild(before, "{id: string, n: double}", "SELECT id, n FROM orders"));
  EXPECT_TRUE(MustRebuild(before, added, "SELECT * FROM orders")) << "has a new column";
  EXPECT_TRUE(MustRebuild(before, added, "FROM orders"));
  EXPECT_TRUE(MustRebuild(before, added, "SELECT to_json(orders) AS all_of_it FROM orders"));
  EXPECT_TRUE(MustRebuild(before, added, "SELECT to_json(o) AS all_of_it FROM orders AS o"));
  EXPECT_TRUE(MustRebuild(before, added, "SELECT n * 2 AS more FROM orders WHERE more > 1")) << "the name meant the column";
}

TEST(LoadTest, AViewUnderATableChangesItsFingerprint) {
  const auto with_view = [](const std::string& condition) {
    return Read("tables: {t: {sql: SELECT id FROM v}}\nviews: {v: {sql: \"SELECT id FROM orders WHERE " + condition +
                "\"}}\n")
        .tables[0]
        .fingerprint;
  };
  EXPECT_EQ(with_view("total > 1"), with_view("total  >  1"));
  EXPECT_NE(with_view("total > 1"), with_view("total > 2"));
}

TEST(LoadTest, SqlKnowsThePlacesOfItsLines) {
  const Pipeline pipeline = Read("views:\n  v:\n    sql: |\n      SELECT id,\n        total\n      FROM orders\n");
  const SqlText& sql = pipeline.views[0].sql;
  ASSERT_EQ(sql.line_places.size(), 3u);
  EXPECT_EQ(sql.place.line, 9);
  EXPECT_EQ(sql.place.column, 7);
  EXPECT_EQ(sql.line_places[1].line, 10);
  EXPECT_EQ(sql.line_places[1].column, 9);
}

TEST(LoadTest, ApisHaveTypedParameters) {
  const Pipeline pipeline = Read(R"y(collections:
  by_id: {sql: "SELECT id AS key, json_object('total', total) AS document FROM orders"}
apis:
  orders: {}
  some: {params: {client: int, limit: int = 10 max 100}, shape: one, sql: SELECT total FROM orders WHERE client = $client LIMIT $limit}
  order: {route: GET /order, params: {id: string}, document: by_id}
)y");
  EXPECT_EQ(pipeline.apis[0].sql.text, "FROM \"orders\" ORDER BY ALL");
  EXPECT_EQ(pipeline.apis[0].route, "/api/orders");
  EXPECT_TRUE(pipeline.apis[1].one);
  EXPECT_TRUE(pipeline.apis[1].params[0].required);
  EXPECT_FALSE(pipeline.apis[1].params[1].required);
  EXPECT_EQ(pipeline.apis[1].params[1].max, "100");
  EXPECT_EQ(pipeline.apis[2].route, "/order");
  EXPECT_EQ(pipeline.apis[2].key_param, "id");
}

TEST(LoadTest, RowsOfTestsAreReadByTheTypesOfTheirColumns) {
  const Pipeline pipeline = Read(R"y(tables:
  per_id: {sql: "SELECT id, sum(total) AS total FROM orders GROUP BY id"}
tests:
  - name: one
    at: 1970-01-01T00:00:01Z
    defaults: {orders: {total: 2.50, at: 2024-01-01}}
    given: {orders: [{id: 007, client: 17850.0}, {id: "8", client: x, total: null, more: 1}]}
    requests: [{send: POST /orders, body: {id: 1, tags: [a, 2]}}, {send: POST /orders, body: "{"}]
    expect: {per_id: [{ID: 1e3, total: .5}], dead_letters: {orders: [{stage: decode}]}}
)y");
  const TestSpec& test = pipeline.tests[0];
  EXPECT_EQ(test.at_micros, 1000000);
  EXPECT_EQ(test.given[0].rows[0].json, R"y({"id":"007","client":17850.0,"total":2.50,"at":"2024-01-01"})y");
  EXPECT_EQ(test.given[0].rows[1].json, R"y({"id":"8","client":"x","total":null,"more":1,"at":"2024-01-01"})y");
  EXPECT_EQ(test.requests[0].body, R"y({"id":1,"tags":["a",2]})y");
  EXPECT_EQ(test.requests[0].status, 200);
  EXPECT_EQ(test.requests[1].body, "{");
  EXPECT_EQ(test.expect_rows[0].rows[0].json, R"y({"id":"1e3","total":0.5})y");
  EXPECT_EQ(test.expect_dead_letters[0].rows[0].json, R"y({"stage":"decode"})y");
}

TEST(LoadTest, VariablesAreReplacedInsideTextsOnly) {
  const Pipeline pipeline = Read(
      "description: \"${A} ${B:-b: [}${A:-x} $${A}\"\nserver: {listen: \"127.0.0.1:${PORT}\", data: "
      "\"${EMPTY:-data}\"}\n",
      {{"A", "x: y # {"}, {"PORT", "99"}, {"EMPTY", ""}});
  EXPECT_EQ(pipeline.description, "x: y # { b: [x: y # { ${A}");
  EXPECT_EQ(pipeline.server.port, 99);
  EXPECT_EQ(pipeline.server.data, "/data/shop/data");
}

TEST(LoadTest, NumbersMayComeFromVariables) {
  EXPECT_EQ(Read("sources: {a: {type: generate, sql: \"SELECT '' AS id, 1 AS total, TIMESTAMP '2024-01-01' AS at\", "
                 "rows: \"${N}\", into: orders}}\n",
                 {{"N", "12"}})
                .sources.size(),
            1u);
}

TEST(LoadTest, AFolderStandsForItsPipelineFile) {
  const fs::path folder = fs::path(testing::TempDir()) / "config_load_test";
  fs::create_directories(folder);
  std::ofstream(folder / "pipeline.yaml", std::ios::binary)
      << "\xEF\xBB\xBF" << kShop << "description: \"${file:secret.txt}\"\n";
  std::ofstream(folder / "secret.txt", std::ios::binary) << "from a file\n";
  const auto loaded = LoadPipeline(folder.string(), LoadOptions{});
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(loaded->pipeline) << Render(loaded->diagnostics.at(0), false);
  EXPECT_EQ(loaded->pipeline->description, "from a file");
  EXPECT_EQ(loaded->pipeline->folder, folder.string());
  fs::remove_all(folder);
}

TEST(LoadTest, AMissingFileIsNotFound) {
  const auto loaded = LoadPipeline("/nowhere/at/all.yaml", LoadOptions{});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kNotFound);
}

TEST(LoadTest, WithoutItsSqlAFileIsCheckedForAllElse) {
  LoadOptions options;
  options.check_sql = false;
  const std::string text = std::string(kShop) + "tables: {t: {sql: nonsense}}\nviews: {v: {sqll: x}}\n";
  const Loaded loaded = ParsePipeline(text, "p.yaml", options);
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].message, "unknown key \"sqll\" (did you mean sql?)");
}

TEST(LoadTest, TheMarkStandsUnderThePlaceAlsoInLongLines) {
  const Loaded loaded = Parse("pipeline: shop\nstreams: {}\ndescription: [" + std::string(5000, 'x') + "]\n");
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].place.column, 14);
  EXPECT_LT(loaded.diagnostics[0].source_line.size(), 200u);
  EXPECT_EQ(loaded.diagnostics[0].source_line[static_cast<size_t>(loaded.diagnostics[0].mark) - 1], '[');
}

TEST(LoadTest, LoopbackIsNotWhatLooksLikeIt) {
  EXPECT_NE(FirstError(std::string(kShop) + "server: {listen: \"127.example.org:1\"}\n"), "");
  EXPECT_NE(FirstError(std::string(kShop) + "server: {listen: \"0.0.0.0:1\"}\n"), "");
  EXPECT_EQ(FirstError(std::string(kShop) + "server: {listen: \"[::1]:1\"}\n"), "");
  EXPECT_EQ(FirstError(std::string(kShop) + "server: {listen: \"localhost:0\"}\n"), "");
}

TEST(LoadTest, ControlCharactersOfAFileDoNotReachTheTerminal) {
  const Loaded loaded = ParsePipeline("pipeline: \x1b[2J\x01\n", "pipeline.yaml", {});
  ASSERT_FALSE(loaded.diagnostics.empty());
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    EXPECT_EQ(Render(diagnostic, false).find('\x1b'), std::string::npos) << Render(diagnostic, false);
  }
}

}  // namespace
}  // namespace tailrace::config
