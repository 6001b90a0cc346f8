// A server over fakes, on a port of its own, for one test.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "ports/testing/fake_document_store.h"
#include "ports/testing/fake_event_log.h"
#include "server/server.h"
#include "server/testing/raw_client.h"
#include "server/testing/scripted_authenticator.h"
#include "server/testing/scripted_progress.h"
#include "server/testing/scripted_warehouse.h"

namespace tailrace::server {

// The machine's clock, which a test can push ahead, and in which the thread that reads large bodies can be held. Threads: thread-safe.
class PushedClock final : public Clock {
 public:
  WallTime Now() override {
    HoldIfBodies();
    return {SystemClock().Now().micros + ahead_.load()};
  }
  std::chrono::steady_clock::time_point Monotonic() override {
    return SystemClock().Monotonic() + std::chrono::microseconds(ahead_.load());
  }
  void Push(std::chrono::microseconds by) { ahead_ += by.count(); }

  // The next time that the thread asks for the time it stands still until ReleaseBodies.
  void HoldBodies() { holds_ = true; }
  void WaitForHeldBody() { held_.wait(false); }
  void ReleaseBodies() {
    holds_ = false;
    holds_.notify_all();
  }

 private:
  void HoldIfBodies() {
    if (!holds_) return;
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (std::string_view(name) != "bodies") return;
    held_ = true;
    held_.notify_all();
    holds_.wait(true);
  }

  std::atomic<bool> holds_{false};
  std::atomic<bool> held_{false};
  std::atomic<int64_t> ahead_{0};
};

inline Field FieldOf(std::string_view name, std::string_view type) {
  Field field;
  field.name = name;
  std::string error;
  TR_CHECK(ParseScalarType(type, &field.type, &error));
  return field;
}

// Streams `sales` (two partitions, by `id`; also known as `shop.sales`) and `notes` (two partitions, no key).
inline config::Pipeline SalesPipeline() {
  config::Pipeline pipeline;
  pipeline.name = "shop";
  config::StreamSpec sales;
  sales.name = "sales";
  sales.aliases = {"shop.sales"};
  sales.key = "id";
  sales.partitions = 2;
  sales.schema.fields = {FieldOf("id", "int"), FieldOf("item", "string"), FieldOf("price", "decimal(12,2)?")};
  config::StreamSpec notes;
  notes.name = "notes";
  notes.partitions = 2;
  notes.schema.fields = {FieldOf("text", "string"), FieldOf("at", "date(%Y-%m-%d)?")};
  pipeline.streams = {sales, notes};
  config::CollectionSpec items;
  items.name = "items";
  items.stream = "sales";
  items.index = {"item"};
  pipeline.collections = {items};
  return pipeline;
}

// The dashboard `shop` over sales: tiles `1` and `slow` with SQL, the second of which uses `item` and reads the clock; a text.
inline config::DashboardSpec ShopDashboard() {
  config::DashboardSpec shop;
  shop.name = "shop";
  shop.title = "Shop";
  shop.params = {{"item", FieldOf("item", "string?").type, std::nullopt, std::nullopt, std::nullopt, false},
                 {"least", FieldOf("least", "int").type, "1", "0", "9", false}};
  config::TileSpec all;
  all.name = "1";
  all.sql.text = "SELECT item, count(*) AS n FROM sales WHERE price >= $least GROUP BY ALL";
  all.chart = config::Chart::kBar;
  all.x = "item";
  all.y = {"n"};
  all.order_by = "\"n\" DESC, \"item\"";
  all.columns = {{"item", "VARCHAR"}, {"n", "BIGINT"}};
  all.reads = {"sales"};
  all.params = {"least"};
  config::TileSpec timed;
  timed.name = "slow";
  timed.sql.text = "SELECT now() AS t, count(*) AS n FROM sales WHERE $item IS NULL OR item = $item";
  timed.columns = {{"t", "TIMESTAMP WITH TIME ZONE"}, {"n", "BIGINT"}};
  timed.reads = {"sales"};
  timed.params = {"item"};
  config::TileSpec text;
  text.name = "3";
  text.chart = config::Chart::kText;
  text.text = "# Sales";
  shop.tiles = {all, timed, text};
  config::ChoicesSpec items;
  items.param = "item";
  items.sql.text = "SELECT DISTINCT item FROM sales ORDER BY 1";
  items.reads = {"sales"};
  shop.choices = {items};
  return shop;
}

// The same with a door of a source, `PUT /a/door` into `notes`, the API `top` and the dashboard `shop`.
inline config::Pipeline PipelineWithDoors() {
  config::Pipeline pipeline = SalesPipeline();
  config::SourceSpec source;
  source.name = "door";
  source.into = {{"notes", ""}};
  config::HttpSourceSpec http;
  http.method = "PUT";
  http.route = "/a/door";
  source.kind = http;
  pipeline.sources = {source};
  config::ApiSpec api;
  api.name = "top";
  api.route = "/api/top";
  api.sql.text = "SELECT 1";
  pipeline.apis = {api};
  pipeline.dashboards = {ShopDashboard()};
  return pipeline;
}

// Threads: one.
// Has seven groups for everything.
class FakeRollups final : public RollupMaker {
 public:
  Result<RollupPtr> MakeRollup(const RollupRequest& request, const std::stop_token&) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    auto groups = std::make_shared<Seven>();
    groups->groups = 7;
    auto rollup = std::make_shared<Rollup>();
    rollup->groups = std::move(groups);
    return rollup;
  }

  std::vector<RollupRequest> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  struct Seven final : RollupGroups {};

  std::mutex mutex_;
  std::vector<RollupRequest> asked_;  // protected by mutex_
};

class TestServer {
 public:
  explicit TestServer(config::Pipeline with = SalesPipeline(), ServerOptions options = {}) : pipeline(std::move(with)), log({2, 2}, clock) {
    options.port = 0;
    auto made = Server::Create(services(), options);
    TR_CHECK(made.has_value());
    server = std::move(*made);
    TR_CHECK(server->Start().has_value());
  }
  ~TestServer() {
    server->Stop();
    log.Stop();
  }

  Services services() {
    Services all{pipeline, {StreamId{0}, StreamId{1}}, log, warehouse, documents, progress, metrics, clock, {}, nullptr, &authenticator};
    all.rollups = &rollups;
    return all;
  }
  RawClient Connect() { return RawClient(server->port()); }
  RawReply Get(std::string_view target, std::string_view headers = "") { return RawClient(server->port()).Get(target, headers); }
  RawReply Post(std::string_view target, std::string_view body, std::string_view headers = "") {
    return RawClient(server->port()).Post(target, body, headers);
  }

  config::Pipeline pipeline;
  PushedClock clock;
  FakeEventLog log;
  ScriptedWarehouse warehouse;
  FakeRollups rollups;
  tailrace::testing::FakeDocumentStore documents;
  ScriptedProgress progress;
  ScriptedAuthenticator authenticator;  // open until a caller is added
  Metrics metrics;
  std::unique_ptr<Server> server;
};

}  // namespace tailrace::server
