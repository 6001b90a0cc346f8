// What comes out over HTTP: records, documents, queries, named queries, and the server's own state.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

QuerySummary AnswerTwoRows(ResultSink& sink) {
  const std::vector<ColumnInfo> columns = {{"n", "BIGINT"}, {"t", "VARCHAR"}};
  const std::array<std::string_view, 2> first = {"1", R"("a,\"b\"")"};
  const std::array<std::string_view, 2> second = {"12.50", "null"};
  sink.Begin(columns);
  sink.Row(first);
  sink.Row(second);
  QuerySummary summary;
  summary.rows = 2;
  summary.as_of = {{"sales", {Offset{5}, Offset{7}}}};
  return summary;
}

void AnswerWithTwoRows(TestServer& server, QueryRequest* asked = nullptr) {
  server.warehouse.answer = [asked](const QueryRequest& request, ResultSink& sink, const std::stop_token&) -> Result<QuerySummary> {
    if (asked != nullptr) *asked = request;
    return AnswerTwoRows(sink);
  };
}

TEST(ReadsTest, StreamsAreListedWithTheirPositions) {
  TestServer server;
  const RawReply reply = server.Get("/streams");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"({"name":"sales","aliases":["shop.sales"],"key":"id","partitions":[{"partition":0,"begin":0,"end":0,"bytes":)"),
            std::string::npos)
      << reply.body;
}

TEST(ReadsTest, StreamIsDescribedWithItsSchema) {
  TestServer server;
  const RawReply reply = server.Get("/streams/sales");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("schema":{"id":"int","item":"string","price":"decimal(12,2)?"})"), std::string::npos) << reply.body;
  EXPECT_EQ(reply.headers.at("tailrace-as-of"), "sales=0:0,1:0");
}

TEST(ReadsTest, RecordsComeInPagesAsTheyWere) {
  TestServer server;
  server.Post("/streams/notes", R"([{"text":"a"},{"text":"b"},{"text":"c"}])");
  const RawReply page = server.Get("/streams/notes/records?partition=0&from=1&limit=1");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find(R"("offset":1,"seq":2,"ingested_at":")"), std::string::npos) << page.body;
  EXPECT_NE(page.body.find(R"("key":null,"value":{"text":"b"}}],"next":2})"), std::string::npos) << page.body;
  EXPECT_NE(server.Get("/streams/notes/records?from=3").body.find(R"("records":[],"next":3)"), std::string::npos);
}

TEST(ReadsTest, RecordsOutsideTheLogAre404AndBadParameters400) {
  TestServer server;
  EXPECT_EQ(server.Get("/streams/notes/records?from=1").status, 404);
  EXPECT_EQ(server.Get("/streams/nots/records").status, 404);
  EXPECT_EQ(server.Get("/streams/notes/records?partition=2").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/records?limit=x").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/records?limit=1&limit=2").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/records?form=1").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/records?from=%zz").status, 400);
}

TEST(ReadsTest, SqlAnswersColumnsRowsAndWhatTheyHold) {
  TestServer server;
  QueryRequest asked;
  AnswerWithTwoRows(server, &asked);
  const RawReply reply =
      server.Post("/sql", R"({"sql":"SELECT \"n\" FROM x WHERE a = $a","params":{"a":"x\u0041","b":3,"c":1.5,"d":true,"e":null}})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"columns":[{"name":"n","type":"BIGINT"},{"name":"t","type":"VARCHAR"}],"rows":[[1,"a,\"b\""],[12.50,null]],"as_of":{"sales":[5,7]}})");
  EXPECT_EQ(reply.headers.at("tailrace-as-of"), "sales=0:5,1:7");
  EXPECT_EQ(asked.sql, R"(SELECT "n" FROM x WHERE a = $a)");
  EXPECT_FALSE(asked.trusted);
  ASSERT_EQ(asked.parameters.size(), 5u);
  EXPECT_EQ(asked.parameters[0].value, "xA");
  EXPECT_EQ(asked.parameters[1].type.kind, TypeKind::kInt);
  EXPECT_EQ(asked.parameters[2].type.kind, TypeKind::kDouble);
  EXPECT_EQ(asked.parameters[3].value, "true");
  EXPECT_TRUE(asked.parameters[4].null);
}

TEST(ReadsTest, SqlAnswersCsvWhenAsked) {
  TestServer server;
  AnswerWithTwoRows(server);
  const RawReply reply = server.Get("/sql?q=SELECT+1", "Accept: text/csv\r\n");
  EXPECT_EQ(reply.headers.at("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(reply.body, "n,t\r\n1,\"a,\"\"b\"\"\"\r\n12.50,\r\n");
}

TEST(ReadsTest, SqlAnswersAPictureWhenAskedAsAnImageOfAWebPageIs) {
  TestServer server;
  AnswerWithTwoRows(server);
  const RawReply reply = server.Get("/sql?q=SELECT+1", "Accept: image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "image/svg+xml");
  EXPECT_EQ(reply.headers.at("tailrace-as-of"), "sales=0:5,1:7");
  EXPECT_NE(reply.body.find(">12.50</text>"), std::string::npos) << reply.body;
}

TEST(ReadsTest, APictureWithoutNumbersIs406) {
  TestServer server;
  server.warehouse.answer = [](const QueryRequest&, ResultSink& sink, const std::stop_token&) -> Result<QuerySummary> {
    sink.Begin(std::vector<ColumnInfo>{{"t", "VARCHAR"}});
    sink.Row(std::array<std::string_view, 1>{R"("a")"});
    return QuerySummary{};
  };
  const RawReply reply = server.Get("/sql?q=SELECT+1", "Accept: image/svg+xml\r\n");
  EXPECT_EQ(reply.status, 406);
  EXPECT_NE(reply.body.find("no column of the answer holds numbers"), std::string::npos) << reply.body;
}

TEST(ReadsTest, SqlInAFormThatThereIsNotIs406) {
  TestServer server;
  EXPECT_EQ(server.Get("/sql?q=SELECT+1", "Accept: application/vnd.ms-excel\r\n").status, 406);
}

TEST(ReadsTest, SqlThatIsNoRequestIs400) {
  TestServer server;
  const RawReply bare = server.Post("/sql", "SELECT 1");
  EXPECT_EQ(bare.status, 400);
  EXPECT_NE(bare.body.find(R"(a query is {\"sql\": \"SELECT ...\"})"), std::string::npos) << bare.body;
  EXPECT_EQ(server.Post("/sql", "{}").status, 400);
  EXPECT_EQ(server.Post("/sql", R"({"sql":5})").status, 400);
  EXPECT_EQ(server.Post("/sql", R"({"sql":"SELECT 1","parms":{}})").status, 400);
  EXPECT_EQ(server.Post("/sql", R"({"sql":"SELECT 1","params":{"a":[1]}})").status, 400);
  EXPECT_EQ(server.Get("/sql").status, 400);
  EXPECT_EQ(server.Post("/sql", "SELECT 1", "Content-Type: text/plain\r\n").status, 415);
}

TEST(ReadsTest, RefusedSqlIs400WithItsReason) {
  TestServer server;
  server.warehouse.answer = [](const QueryRequest&, ResultSink&, const std::stop_token&) -> Result<QuerySummary> {
    return Fail(Error::Invalid("read_csv is not allowed"));
  };
  const RawReply reply = server.Post("/sql", R"j({"sql":"SELECT * FROM read_csv('x')"})j");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"error":{"code":"invalid_sql","message":"read_csv is not allowed"}})");
}

TEST(ReadsTest, TooLargeAResultIs413) {
  ServerOptions options;
  options.limits.query_bytes_max = 10;
  TestServer server(SalesPipeline(), options);
  AnswerWithTwoRows(server);
  EXPECT_EQ(server.Get("/sql?q=SELECT+1").status, 413);
}

// Queries that run until they are told to stop.
struct Blocking {
  std::atomic<int> running{0};
  std::atomic<int> stopped{0};

  void Install(TestServer& server) {
    server.warehouse.answer = [this](const QueryRequest&, ResultSink&, std::stop_token stop) -> Result<QuerySummary> {
      std::mutex mutex;
      std::condition_variable_any told;
      std::unique_lock lock(mutex);
      ++running;
      running.notify_all();
      told.wait(lock, stop, [] { return false; });
      ++stopped;
      stopped.notify_all();
      return Fail(Error::Cancelled("stopped"));
    };
  }
  static void Await(std::atomic<int>& count, int wanted) {
    for (int seen = count.load(); seen < wanted; seen = count.load()) count.wait(seen);
  }
};

TEST(ReadsTest, QueryIsCancelledWhenTheClientLeaves) {
  TestServer server;
  Blocking blocking;
  blocking.Install(server);
  RawClient client = server.Connect();
  client.Send("GET /sql?q=SELECT+1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Blocking::Await(blocking.running, 1);
  client.Close();
  Blocking::Await(blocking.stopped, 1);
}

TEST(ReadsTest, QueryThatTakesTooLongIs504) {
  TestServer server;
  Blocking blocking;
  blocking.Install(server);
  RawClient client = server.Connect();
  client.Send("GET /sql?q=SELECT+1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  Blocking::Await(blocking.running, 1);
  server.clock.Push(std::chrono::seconds(31));
  EXPECT_EQ(client.Read().status, 504);
}

TEST(ReadsTest, SlowQueriesDoNotHoldUpIngestAndTooManyAre503) {
  ServerOptions options;
  options.read_threads = 1;
  options.limits.reads_waiting_max = 1;
  TestServer server(SalesPipeline(), options);
  Blocking blocking;
  blocking.Install(server);
  const std::string query = "GET /sql?q=SELECT+1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  RawClient running = server.Connect();
  running.Send(query);
  Blocking::Await(blocking.running, 1);
  RawClient waiting = server.Connect();
  waiting.Send(query);
  // One of these two waits, and there is room for one.
  RawClient another = server.Connect();
  int busy = 0;
  while (busy == 0) busy = server.Get("/metrics").body.find("tailrace_reads_waiting{pool=\"queries\"} 1") != std::string::npos;
  const RawReply refused = another.Ask(query);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":"a"})").status, 200);
}

config::ParamSpec Param(std::string_view name, std::string_view type) {
  config::ParamSpec param;
  param.name = name;
  param.type = FieldOf(name, type).type;
  return param;
}

config::Pipeline WithApis() {
  config::Pipeline pipeline = SalesPipeline();
  config::ApiSpec top;
  top.name = "top";
  top.route = "/api/top";
  top.sql.text = "SELECT $year, $limit";
  config::ParamSpec limit = Param("limit", "int");
  limit.default_value = "10";
  limit.max = "100";
  limit.min = "1";
  limit.required = false;
  top.params = {Param("year", "int"), limit, Param("since", "timestamp?")};
  top.params.back().required = false;
  config::ApiSpec one = top;
  one.name = "one";
  one.route = "/by-year/{year}";
  one.one = true;
  config::ApiSpec item;
  item.name = "item";
  item.route = "/test";
  item.document = "items";
  item.key_param = "id";
  item.params = {Param("id", "int")};
  pipeline.apis = {top, one, item};
  return pipeline;
}

TEST(ReadsTest, ApiBindsItsTypedParameters) {
  TestServer server(WithApis());
  QueryRequest asked;
  AnswerWithTwoRows(server, &asked);
  const RawReply reply = server.Get("/api/top?year=2011.0&since=2010-12-01T08:26%2B01:00");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"data":[{"n":1,"t":"a,\"b\""},{"n":12.50,"t":null}],"rows":2,"as_of":{"sales":[5,7]}})");
  ASSERT_EQ(asked.parameters.size(), 3u);
  EXPECT_EQ(asked.parameters[0].value, "2011");
  EXPECT_EQ(asked.parameters[1].value, "10");
  EXPECT_EQ(asked.parameters[2].value, "2010-12-01T07:26:00Z");
  EXPECT_TRUE(asked.trusted);
}

TEST(ReadsTest, ApiRefusesWhatItsParametersDoNotAllow) {
  TestServer server(WithApis());
  EXPECT_EQ(server.Get("/api/top").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=soon").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=2011&limit=101").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=2011&limit=0").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=2011&lmit=5").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=2011&year=2012").status, 400);
  EXPECT_EQ(server.Get("/api/top?year=2011&limit=100").status, 200);
}

TEST(ReadsTest, ApiOfOneRowGivesTheObjectOr404) {
  TestServer server(WithApis());
  server.warehouse.answer = [](const QueryRequest& request, ResultSink& sink, const std::stop_token&) -> Result<QuerySummary> {
    const std::vector<ColumnInfo> columns = {{"year", "BIGINT"}};
    sink.Begin(columns);
    QuerySummary summary;
    if (request.parameters[0].value == "2011") {
      const std::array<std::string_view, 1> row = {"2011"};
      sink.Row(row);
      summary.rows = 1;
    }
    return summary;
  };
  EXPECT_EQ(server.Get("/by-year/2011").body, R"({"year":2011})");
  EXPECT_EQ(server.Get("/by-year/2012").status, 404);
}

void PutDocuments(TestServer& server) {
  CollectionPlan plan;
  plan.name = "items";
  plan.stream = "sales";
  plan.index = {"item"};
  plan.partitions = 2;
  ASSERT_TRUE(server.documents.Adopt({plan}).has_value());
  ASSERT_TRUE(server.documents
                  .Apply("items", {{"7", R"({"a":1.50})", {"tea"}}, {"8/x", R"({"b":2})", {"tea"}}}, {{Offset{3}, Offset{4}}})
                  .has_value());
}

TEST(ReadsTest, DocumentIsItselfWithWhatItHolds) {
  TestServer server(WithApis());
  PutDocuments(server);
  const RawReply reply = server.Get("/collections/items/7");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"a":1.50})");
  EXPECT_EQ(reply.headers.at("tailrace-as-of"), "sales=0:3,1:4");
  EXPECT_EQ(server.Get("/collections/items/8%2Fx").body, R"({"b":2})");
  EXPECT_EQ(server.Get("/collections/items/9").status, 404);
  EXPECT_EQ(server.Get("/collections/itms/9").status, 404);
}

TEST(ReadsTest, DocumentsAreFoundByIndexAndInPages) {
  TestServer server(WithApis());
  PutDocuments(server);
  const RawReply page = server.Get("/collections/items?item=tea&limit=1");
  EXPECT_EQ(page.body, R"({"documents":[{"key":"7","document":{"a":1.50}}],"next":"7"})");
  EXPECT_NE(server.Get("/collections/items?item=tea&limit=1&after=7").body.find(R"("key":"8/x")"), std::string::npos);
  EXPECT_EQ(server.Get("/collections/items?price=1").status, 400);
}

TEST(ReadsTest, DocumentApiLooksUpByTheTypedKey) {
  TestServer server(WithApis());
  PutDocuments(server);
  EXPECT_EQ(server.Get("/test?id=7.0").body, R"({"a":1.50})");
  EXPECT_EQ(server.Get("/test?id=12").status, 404);
}

TEST(ReadsTest, ReadWaitsForTheOffsetsItAsksFor) {
  TestServer server;
  AnswerWithTwoRows(server);
  RawClient client = server.Connect();
  client.Send("GET /sql?q=SELECT+1&wait_for=sales/1:5,0:2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(server.Get("/healthz").status, 200);
  server.progress.Commit("sales", {Offset{2}, Offset{4}});
  server.progress.Commit("sales", {Offset{2}, Offset{5}});
  EXPECT_EQ(client.Read().status, 200);
}

TEST(ReadsTest, WaitThatTakesTooLongIs504) {
  TestServer server;
  AnswerWithTwoRows(server);
  EXPECT_EQ(server.Get("/sql?q=SELECT+1&wait_for=shop.sales/1:5&timeout=10ms").status, 504);
}

TEST(ReadsTest, WaitForWhatThereIsNotIs400) {
  TestServer server;
  EXPECT_EQ(server.Get("/sql?q=SELECT+1&wait_for=sale/0:1").status, 400);
  EXPECT_EQ(server.Get("/sql?q=SELECT+1&wait_for=sales/2:1").status, 400);
  EXPECT_EQ(server.Get("/sql?q=SELECT+1&wait_for=sales").status, 400);
  EXPECT_EQ(server.Get("/sql?q=SELECT+1&wait_for=sales/0:1&timeout=soon").status, 400);
}

TEST(ReadsTest, ReadinessGivesItsReasons) {
  TestServer server;
  EXPECT_EQ(server.Get("/readyz").status, 200);
  server.progress.SetNotReady({"table t must be rebuilt"});
  const RawReply reply = server.Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.body.find("table t must be rebuilt"), std::string::npos);
}

TEST(ReadsTest, StatusTellsHowFarBehindEverythingIs) {
  TestServer server;
  server.Post("/streams/notes", R"([{"text":"a"},{"text":"b"}])");
  server.progress.Commit("notes", {Offset{1}, Offset{0}});
  const RawReply reply = server.Get("/status");
  EXPECT_NE(reply.body.find(R"({"name":"notes","records":2,"ends":[2,0]})"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("positions":[1,0],"lag":1)"), std::string::npos) << reply.body;
}

TEST(ReadsTest, MetricsCountRecordsAndRequests) {
  TestServer server;
  server.Post("/streams/notes", R"([{"text":"a"},{"text":5}])");
  const std::string text = server.Get("/metrics").body;
  EXPECT_NE(text.find("tailrace_ingest_accepted_records_total{stream=\"notes\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tailrace_ingest_rejected_records_total{stream=\"notes\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tailrace_http_requests_total{method=\"POST\",route=\"/streams/{stream}\",status=\"207\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("tailrace_http_request_seconds_bucket{method=\"POST\",route=\"/streams/{stream}\",le=\"+Inf\"} 1\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace tailrace::server
