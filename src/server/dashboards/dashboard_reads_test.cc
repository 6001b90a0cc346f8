#include "server/dashboards/dashboard_reads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

using auth::Role;
using auth::Thing;
using auth::ThingKind;

bool Holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Notes what was asked, and answers with rows.
class DashboardReadsTest : public ::testing::Test {
 protected:
  explicit DashboardReadsTest(ServerOptions options = {}) : server_(PipelineWithDoors(), std::move(options)) {
    server_.warehouse.answer = [this](const QueryRequest& request, ResultSink& sink, const std::stop_token&) -> Result<QuerySummary> {
      std::lock_guard lock(mutex_);
      asked_.push_back(request);
      queried_.notify_all();
      const std::vector<ColumnInfo> columns = {{"item", "VARCHAR"}, {"n", "BIGINT"}};
      sink.Begin(columns);
      const std::vector<std::string_view> row = {"\"cup\"", n_};
      sink.Row(row);
      return QuerySummary{1, cut_, {{"sales", {Offset{3}, Offset{4}}}}};
    };
    server_.progress.Commit("sales", {Offset{3}, Offset{4}});
  }

  // Those whose SQL holds `part`. A tile without parameters may be asked for before anybody does.
  std::vector<QueryRequest> asked(const std::string& part = "") {
    std::lock_guard lock(mutex_);
    std::vector<QueryRequest> found;
    for (const QueryRequest& request : asked_) {
      if (Holds(request.sql, part)) found.push_back(request);
    }
    return found;
  }

  void WaitForAQuery() {
    std::unique_lock lock(mutex_);
    queried_.wait(lock, [this] { return !asked_.empty(); });
  }

  void AnswerWith(const std::string& n) {
    std::lock_guard lock(mutex_);
    n_ = n;
  }

  std::mutex mutex_;
  std::condition_variable queried_;
  std::vector<QueryRequest> asked_;
  std::string n_ = "7";
  std::atomic<bool> cut_{false};
  TestServer server_;  // whose threads use all of these
};

TEST_F(DashboardReadsTest, ADashboardSaysHowItsTilesAreDrawn) {
  EXPECT_EQ(server_.Get("/dashboards").body, R"({"dashboards":[{"name":"shop","title":"Shop","description":"","tiles":3}]})");
  const std::string body = server_.Get("/dashboards/shop").body;
  for (const char* part :
       {R"("params":[{"name":"item","type":"string?","required":false,"nullable":true,"default":null,"min":null,"max":null},)",
        R"({"name":"least","type":"int","required":false,"nullable":false,"default":"1","min":"0","max":"9"}])", R"("range":null)", R"("choices":["item"])",
        R"({"name":"1","title":"","chart":"bar","sql":"SELECT item, count(*) AS n FROM sales WHERE price >= $least GROUP BY ALL","text":null,"x":"item","y":["n"])",
        R"("columns":[{"name":"item","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"reads":["sales"],"params":["least"])",
        R"("chart":"text","sql":null,"text":"# Sales")"}) {
    EXPECT_TRUE(Holds(body, part)) << part << "\n" << body;
  }
}

TEST_F(DashboardReadsTest, ATileIsAnsweredInTheOrderOfItsChart) {
  const RawReply reply = server_.Get("/dashboards/shop/tiles/1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body,
            R"({"columns":[{"name":"item","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"rows":[["cup",7]],"cut":false,"as_of":{"sales":[3,4]}})");
  ASSERT_EQ(asked().size(), 1u);
  EXPECT_TRUE(asked()[0].sql.ends_with(") AS tile ORDER BY \"n\" DESC, \"item\" LIMIT 10001")) << asked()[0].sql;
  EXPECT_EQ(asked()[0].rows_max, 10'000u);
  ASSERT_EQ(asked()[0].parameters.size(), 1u);
  EXPECT_EQ(asked()[0].parameters[0].name, "least");
  EXPECT_EQ(asked()[0].parameters[0].value, "1");
}

TEST_F(DashboardReadsTest, TheSameTileIsAskedForOnceUntilSomethingIsCommitted) {
  const RawReply first = server_.Get("/dashboards/shop/tiles/1");
  const RawReply again = server_.Get("/dashboards/shop/tiles/1?least=1&item=pen");  // the default, and what it does not use
  EXPECT_EQ(asked().size(), 1u);
  EXPECT_EQ(again.headers.at("etag"), first.headers.at("etag"));
  server_.Get("/dashboards/shop/tiles/1?least=2");
  EXPECT_EQ(asked().size(), 2u);
  server_.progress.Commit("notes", {Offset{1}, Offset{1}});
  server_.Get("/dashboards/shop/tiles/1");
  EXPECT_EQ(asked().size(), 2u);
  AnswerWith("8");
  server_.progress.Commit("sales", {Offset{3}, Offset{5}});
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shop/tiles/1").body, R"(["cup",8])"));
  EXPECT_EQ(asked().size(), 3u);
}

TEST_F(DashboardReadsTest, WhatTheClientHasAlreadyIsNotSentAgain) {
  const RawReply first = server_.Get("/dashboards/shop/tiles/1");
  const RawReply again = server_.Get("/dashboards/shop/tiles/1", "If-None-Match: " + first.headers.at("etag") + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  EXPECT_EQ(again.headers.at("etag"), first.headers.at("etag"));
  EXPECT_EQ(server_.Get("/dashboards/shop/tiles/1", "If-None-Match: \"another\"\r\n").status, 200);
}

TEST_F(DashboardReadsTest, AFormIsNotTakenForAnother) {
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shop/tiles/1").body, "\"rows\""));
  const RawReply csv = server_.Get("/dashboards/shop/tiles/1", "Accept: text/csv\r\n");
  EXPECT_EQ(csv.body, "item,n\r\ncup,7\r\n");
  EXPECT_TRUE(csv.headers.at("content-type").starts_with("text/csv"));
}

TEST_F(DashboardReadsTest, WhatReadsTheClockIsKeptForASecond) {
  server_.Get("/dashboards/shop/tiles/slow");
  server_.Get("/dashboards/shop/tiles/slow");
  ASSERT_EQ(asked("now()").size(), 1u);
  EXPECT_TRUE(asked("now()")[0].parameters[0].null);
  server_.clock.Push(std::chrono::seconds(1));
  server_.Get("/dashboards/shop/tiles/slow");
  EXPECT_EQ(asked("now()").size(), 2u);
}

TEST_F(DashboardReadsTest, ACutAnswerSaysSo) {
  cut_ = true;
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shop/tiles/1?least=3").body, R"("cut":true)"));
}

TEST_F(DashboardReadsTest, ChoicesAreValuesWithTheirLabels) {
  EXPECT_EQ(server_.Get("/dashboards/shop/choices/item").body, R"({"choices":[{"value":"cup","label":7}],"as_of":{"sales":[3,4]}})");
}

TEST_F(DashboardReadsTest, WhatIsNotThereIsA404ThatNamesWhatIs) {
  EXPECT_EQ(server_.Get("/dashboards/shops").status, 404);
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shops").body, "did you mean shop?"));
  const RawReply tile = server_.Get("/dashboards/shop/tiles/3");  // a text
  EXPECT_EQ(tile.status, 404);
  EXPECT_TRUE(Holds(tile.body, R"("there_are":["1","slow"])")) << tile.body;
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shop/choices/least").body, R"("there_are":["item"])"));
}

TEST_F(DashboardReadsTest, ParametersAreHeldAgainstTheFile) {
  for (const char* query : {"?least=10", "?least=x", "?least=", "?least=1&least=2", "?most=1", "?wait_for=sales", "?least=1%zz"}) {
    EXPECT_EQ(server_.Get(std::string("/dashboards/shop/tiles/1") + query).status, 400) << query;
    // Whether the tile uses it or not.
    EXPECT_EQ(server_.Get(std::string("/dashboards/shop/tiles/slow") + query).status, 400) << query;
  }
  EXPECT_TRUE(asked("now()").empty());
  for (const QueryRequest& request : asked()) EXPECT_EQ(request.parameters[0].value, "1");  // the default
}

TEST_F(DashboardReadsTest, ALimitedKeySeesWhatItCouldReadItself) {
  server_.authenticator.Add("all", {Role::kRead}, std::set{Thing{ThingKind::kStream, "sales"}});
  server_.authenticator.Add("other", {Role::kRead}, std::set{Thing{ThingKind::kStream, "notes"}});
  const std::string all = "Authorization: Bearer all\r\n";
  const std::string other = "Authorization: Bearer other\r\n";
  EXPECT_TRUE(Holds(server_.Get("/dashboards", all).body, "shop"));
  EXPECT_EQ(server_.Get("/dashboards", other).body, R"({"dashboards":[]})");
  for (const char* target : {"/dashboards/shop", "/dashboards/shop/tiles/1", "/dashboards/shop/tiles/3", "/dashboards/shop/choices/item", "/dashboards/no_such"}) {
    EXPECT_EQ(server_.Get(target, other).status, 403) << target;
  }
  EXPECT_EQ(server_.Get("/dashboards/shop/tiles/1", all).status, 200);
  EXPECT_TRUE(Holds(server_.Get("/dashboards/shop", all).body, R"("sql":null)"));
  EXPECT_FALSE(Holds(server_.Get("/dashboards/shop", all).body, "SELECT"));  // the part, and not what it is made of
  EXPECT_TRUE(Holds(server_.Get("/graph", all).body, R"({"from":"stream/sales","to":"dashboard/shop"})"));
  EXPECT_FALSE(Holds(server_.Get("/graph", other).body, "shop"));
}

TEST_F(DashboardReadsTest, WhatADashboardShowsIsComputedBeforeSomebodyLooks) {
  WaitForAQuery();
  EXPECT_TRUE(Holds(asked()[0].sql, "ORDER BY \"n\" DESC"));
  EXPECT_EQ(asked()[0].parameters[0].value, "1");
}

TEST_F(DashboardReadsTest, AnotherFilterIsAnsweredFromGroupsOfTheSameCommit) {
  const auto rollup_behind = [this](const std::string& least) {
    server_.Get("/dashboards/shop/tiles/1?least=" + least);
    return asked("$least").back().rollup;
  };
  while (!Holds(server_.Get("/metrics").body, "tailrace_tile_rollup_groups 7")) {
  }
  ASSERT_EQ(server_.rollups.asked().size(), 1u);  // the other tile has no parameters
  EXPECT_TRUE(Holds(server_.rollups.asked()[0].query.sql, "$least"));
  EXPECT_EQ(server_.rollups.asked()[0].query.parameters[0].value, "1");
  ASSERT_NE(rollup_behind("2"), nullptr);
  EXPECT_EQ(rollup_behind("2")->groups->groups, 7);
  server_.progress.Commit("sales", {Offset{4}, Offset{4}});
  EXPECT_EQ(rollup_behind("3"), nullptr);
}

void Open(RawClient& client) {
  client.Send("GET /dashboards/shop/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(Holds(client.ReadUntil("retry: 1000\n\n"), "Content-Type: text/event-stream\r\n"));
}

TEST_F(DashboardReadsTest, EventsNameWhatACommitChanged) {
  RawClient client = server_.Connect();
  Open(client);
  EXPECT_TRUE(Holds(client.ReadUntil("\n\n"), R"(event: commit
data: {"tiles":["1","slow"],"as_of":{"sales":[3,4]},"first":true})"));
  server_.progress.Commit("notes", {Offset{9}, Offset{9}});  // nobody's
  server_.progress.Commit("sales", {Offset{3}, Offset{5}});
  server_.clock.Push(std::chrono::milliseconds(250));
  EXPECT_TRUE(Holds(client.ReadUntil("\n\n"), R"(data: {"tiles":["1","slow"],"as_of":{"sales":[3,5]}})"));
  server_.clock.Push(std::chrono::seconds(2));
  EXPECT_TRUE(Holds(client.ReadUntil("\n\n"), R"(data: {"tiles":["slow"],)"));
}

class FewPages : public DashboardReadsTest {
 protected:
  static ServerOptions One() {
    ServerOptions options;
    options.limits.tails_max = 1;
    return options;
  }
  FewPages() : DashboardReadsTest(One()) {}
};

TEST_F(FewPages, OnePageTooManyIs503) {
  RawClient client = server_.Connect();
  Open(client);
  EXPECT_EQ(server_.Get("/dashboards/shop/events").status, 503);
}

}  // namespace
}  // namespace tailrace::server
