// Every route against every role: the routes are those that the server itself says it has.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/http/gate.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

using auth::Role;
using auth::Thing;
using auth::ThingKind;

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

// What is expected of a route: who gets past its door.
struct Door {
  std::string target;        // a path that the route takes
  std::string role;          // "public", "ingest", "read", "admin"; "any": the handler looks at what is asked for
  std::set<std::string> to;  // limited callers of that role that get past it
};

// Limited to one part each. "others" is limited to parts that there are not.
const std::vector<std::string> kLimited = {"sales", "notes", "items", "top", "others"};

// A route without a line here fails the test: whoever adds one says who may call it.
const std::map<std::string, Door>& Doors() {
  static const std::map<std::string, Door> doors = {
      {"GET /healthz", {"/healthz", "public", {}}},
      {"GET /readyz", {"/readyz", "public", {}}},
      {"GET /", {"/", "public", {}}},
      {"GET /console/{page}", {"/console/streams", "public", {}}},
      {"GET /console/{page}/{name}", {"/console/streams/sales", "public", {}}},
      {"GET /console/{page}/{name}/{part}", {"/console/documents/items/1", "public", {}}},
      {"GET /console/{page}/{name}/{part}/{place}", {"/console/trace/sales/0/1", "public", {}}},
      {"GET /assets/{file}", {"/assets/main.js", "public", {}}},
      {"GET /graph", {"/graph", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /graph/{kind}/{name}", {"/graph/stream/sales", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /dashboards", {"/dashboards", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /dashboards/{dashboard}", {"/dashboards/shop", "read", {"sales"}}},
      {"GET /dashboards/{dashboard}/tiles/{tile}", {"/dashboards/shop/tiles/1", "read", {"sales"}}},
      {"GET /dashboards/{dashboard}/events", {"/dashboards/shop/events?nothing=1", "read", {"sales"}}},
      {"GET /dashboards/{dashboard}/choices/{param}", {"/dashboards/shop/choices/item", "read", {"sales"}}},
      {"GET /whoami", {"/whoami", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /openapi.json", {"/openapi.json", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /status", {"/status", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /metrics", {"/metrics", "read", {}}},
      {"GET /streams", {"/streams", "read", {"sales", "notes", "items", "top", "others"}}},
      {"POST /streams/{stream}", {"/streams/sales", "ingest", {"sales"}}},
      {"GET /streams/{stream}", {"/streams/sales", "read", {"sales"}}},
      {"PUT /streams/{stream}/record", {"/streams/sales/record", "ingest", {"sales"}}},
      {"PUT /streams/{stream}/records", {"/streams/shop.sales/records", "ingest", {"sales"}}},
      {"POST /", {"/", "any", {"sales", "notes", "items", "top", "others"}}},
      {"POST /topics/{topic}", {"/topics/sales", "ingest", {"sales"}}},
      {"GET /topics", {"/topics", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /topics/{topic}", {"/topics/sales", "read", {"sales"}}},
      {"GET /topics/{topic}/partitions", {"/topics/shop.sales/partitions", "read", {"sales"}}},
      {"GET /topics/{topic}/partitions/{partition}", {"/topics/sales/partitions/0", "read", {"sales"}}},
      {"GET /streams/{stream}/records", {"/streams/sales/records", "read", {"sales"}}},
      {"GET /streams/{stream}/tail", {"/streams/sales/tail?partition=x", "read", {"sales"}}},
      {"GET /collections/{collection}", {"/collections/items", "read", {"items"}}},
      {"GET /collections/{collection}/{key}", {"/collections/items/1", "read", {"items"}}},
      {"GET /dlq", {"/dlq", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /dlq/{stream}", {"/dlq/sales", "read", {"sales"}}},
      {"POST /dlq/{stream}/redrive", {"/dlq/sales/redrive", "admin", {}}},
      {"POST /dlq/{stream}/resume", {"/dlq/sales/resume", "admin", {}}},
      {"GET /sql", {"/sql?q=SELECT%201", "read", {"sales", "notes", "items", "top", "others"}}},
      {"POST /backup", {"/backup", "admin", {}}},
      {"POST /export", {"/export", "admin", {}}},
      {"GET /settings", {"/settings", "read", {}}},
      {"GET /keys", {"/keys", "admin", {}}},
      {"POST /keys", {"/keys", "admin", {}}},
      {"DELETE /keys/{id}", {"/keys/abc", "admin", {}}},
      {"GET /pipeline", {"/pipeline", "admin", {}}},
      {"POST /pipeline/check", {"/pipeline/check", "admin", {}}},
      {"POST /sql", {"/sql", "read", {"sales", "notes", "items", "top", "others"}}},
      {"GET /api/top", {"/api/top", "read", {"top"}}},
      {"PUT /a/door", {"/a/door", "ingest", {"notes"}}},
  };
  return doors;
}

Thing ThingOf(const std::string& name) {
  if (name == "items") return {ThingKind::kCollection, name};
  if (name == "top") return {ThingKind::kApi, name};
  if (name == "others") return {ThingKind::kTable, name};
  return {ThingKind::kStream, name};
}

const std::map<std::string, Role>& Roles() {
  static const std::map<std::string, Role> roles = {{"ingest", Role::kIngest}, {"read", Role::kRead}, {"admin", Role::kAdmin}};
  return roles;
}

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() : server_(PipelineWithDoors()) {
    for (const auto& [name, role] : Roles()) {
      server_.authenticator.Add(name, {role});
      if (role == Role::kAdmin) continue;
      for (const std::string& thing : kLimited) server_.authenticator.Add(name + "-" + thing, {role}, std::set{ThingOf(thing)});
    }
  }

  std::vector<std::string> RoutesThatThereAre() {
    JsonDocument document;
    const std::string openapi = server_.Get("/openapi.json", Header("admin")).body;
    EXPECT_FALSE(document.Parse(openapi).has_value());
    std::vector<std::string> routes;
    const auto paths = JsonMembers(document.Find("/paths").value_or("null"));
    EXPECT_TRUE(paths.has_value());
    for (const auto& [path, operations] : *paths) {
      const auto methods = JsonMembers(operations);
      EXPECT_TRUE(methods.has_value());
      for (const auto& [method, operation] : *methods) {
        std::string upper = method;
        for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        routes.push_back(upper + " " + path);
      }
    }
    return routes;
  }

  static std::string Header(const std::string& credential) { return "Authorization: Bearer " + credential + "\r\n"; }

  int StatusOf(const std::string& route, const std::string& headers) {
    const std::string method = route.substr(0, route.find(' '));
    const std::string body = method == "GET" || method == "DELETE" ? "" : "{}";
    RawClient client(server_.server->port());
    return client
        .Ask(method + " " + Doors().at(route).target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n" + headers + "\r\n" + body)
        .status;
  }

  TestServer server_;
};

TEST_F(AccessTest, EveryRouteHasAnExpectationAndEveryExpectationARoute) {
  std::set<std::string> expected;
  for (const auto& [route, door] : Doors()) expected.insert(route);
  const auto routes = RoutesThatThereAre();
  EXPECT_EQ(std::set<std::string>(routes.begin(), routes.end()), expected);
}

TEST_F(AccessTest, WithoutACredentialOnlyPublicRoutesAnswer) {
  for (const std::string& route : RoutesThatThereAre()) {
    ASSERT_TRUE(Doors().contains(route)) << route;
    const int status = StatusOf(route, "");
    EXPECT_EQ(status == kUnauthorized, Doors().at(route).role != "public") << route << ": " << status;
  }
}

TEST_F(AccessTest, EveryRouteIsForItsRoleAndAdmins) {
  for (const std::string& route : RoutesThatThereAre()) {
    ASSERT_TRUE(Doors().contains(route)) << route;
    const Door& door = Doors().at(route);
    for (const auto& [name, role] : Roles()) {
      const bool is_let_in = door.role == "public" || door.role == "any" || door.role == name || name == "admin";
      const int status = StatusOf(route, Header(name));
      EXPECT_EQ(status != kForbidden, is_let_in) << route << " as " << name << ": " << status;
      EXPECT_NE(status, kUnauthorized) << route << " as " << name;
    }
  }
}

TEST_F(AccessTest, EveryRouteIsForTheLimitedCallersThatItIsFor) {
  for (const std::string& route : RoutesThatThereAre()) {
    ASSERT_TRUE(Doors().contains(route)) << route;
    const Door& door = Doors().at(route);
    for (const std::string& role : {std::string("ingest"), std::string("read")}) {
      for (const std::string& thing : kLimited) {
        const bool is_let_in = door.role == "public" || door.role == "any" || (door.role == role && door.to.contains(thing));
        const int status = StatusOf(route, Header(role + "-" + thing));
        EXPECT_EQ(status != kForbidden, is_let_in) << route << " as " << role << " of " << thing << ": " << status;
        EXPECT_NE(status, kUnauthorized);
      }
    }
  }
}

TEST_F(AccessTest, AnAliasIsTheStreamThatItNames) {
  EXPECT_NE(server_.Post("/streams/shop.sales", "{}", Header("ingest-sales")).status, kForbidden);
  EXPECT_EQ(server_.Post("/streams/shop.sales", "{}", Header("ingest-notes")).status, kForbidden);
  EXPECT_EQ(server_.Get("/streams/shop.sales/records", Header("read-notes")).status, kForbidden);
}

TEST_F(AccessTest, WhatIsNotThereIsRefusedToLimitedCallersAsWhatIsNotTheirs) {
  EXPECT_EQ(server_.Get("/streams/nothing", Header("read-sales")).status, kForbidden);
  EXPECT_EQ(server_.Get("/collections/nothing", Header("read-sales")).status, kForbidden);
  EXPECT_EQ(server_.Get("/streams/nothing", Header("read")).status, 404);
}

TEST_F(AccessTest, StrangersAreNotToldWhichPathsThereAre) {
  EXPECT_EQ(server_.Get("/nothing").status, kUnauthorized);
  EXPECT_EQ(StatusOf("GET /streams", ""), kUnauthorized);
  EXPECT_EQ(server_.Get("/nothing", Header("read")).status, 404);
}

TEST_F(AccessTest, AnEscapedNameIsTheNameThatItStandsFor) {
  EXPECT_EQ(server_.Get("/streams/s%61les/records", Header("read-notes")).status, kForbidden);
  EXPECT_EQ(server_.Get("/streams/s%61les/records", Header("read-sales")).status, 200);
}

TEST_F(AccessTest, HeadIsAskedAsGetIs) {
  RawClient client(server_.server->port());
  EXPECT_EQ(client.Ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").status, kUnauthorized);
}

TEST_F(AccessTest, ListsShowALimitedCallerOnlyWhatIsHis) {
  server_.progress.Commit("sales", {Offset{0}, Offset{0}});
  server_.progress.Commit("notes", {Offset{0}, Offset{0}});
  for (const char* target : {"/streams", "/status"}) {
    const std::string body = server_.Get(target, Header("read-notes")).body;
    EXPECT_NE(body.find("notes"), std::string::npos) << target;
    EXPECT_EQ(body.find("sales"), std::string::npos) << target << ": " << body;
  }
  EXPECT_EQ(server_.Get("/openapi.json", Header("read-notes")).body.find("/api/top"), std::string::npos);
  EXPECT_NE(server_.Get("/openapi.json", Header("read-top")).body.find("/api/top"), std::string::npos);
}

TEST_F(AccessTest, SqlOfALimitedCallerIsHeldAgainstHisGrant) {
  std::optional<std::set<std::string>> readable;
  server_.warehouse.answer = [&](const QueryRequest& request, ResultSink&, std::stop_token) -> Result<QuerySummary> {
    readable = request.readable;
    if (request.sql.find("notes") != std::string::npos) return Fail(Error::NotFound("no such relation"));
    return QuerySummary{};
  };
  EXPECT_EQ(server_.Post("/sql", R"({"sql":"FROM sales"})", Header("read-sales")).status, 200);
  EXPECT_EQ(readable, std::set<std::string>{"sales"});
  EXPECT_EQ(server_.Post("/sql", R"({"sql":"FROM notes"})", Header("read-sales")).status, kForbidden);
  EXPECT_EQ(server_.Post("/sql", R"({"sql":"FROM sales"})", Header("read-items")).status, 200);
  EXPECT_EQ(readable, std::set<std::string>{});
  EXPECT_EQ(server_.Get("/sql?q=FROM%20sales", Header("read")).status, 200);
  EXPECT_EQ(readable, std::nullopt);
}

TEST_F(AccessTest, WaitingForAStreamNeedsSomethingOfIt) {
  EXPECT_EQ(server_.Get("/sql?q=SELECT%201&wait_for=sales/0:0", Header("read-notes")).status, 400);
  EXPECT_EQ(server_.Get("/sql?q=SELECT%201&wait_for=sales/0:0", Header("read-sales")).status, 200);
  EXPECT_EQ(server_.Get("/sql?q=SELECT%201&wait_for=sales/0:0", Header("read-items")).status, 200);  // made from sales
}

TEST_F(AccessTest, BothHeadersCarryAKeyAndTheSchemeKnowsNoCase) {
  EXPECT_EQ(server_.Get("/streams", "X-API-Key: read\r\n").status, 200);
  EXPECT_EQ(server_.Get("/streams", "authorization: bearer   read\r\n").status, 200);
  EXPECT_EQ(server_.Get("/streams", "X-API-Key: wrong\r\n").status, kUnauthorized);
}

TEST_F(AccessTest, AnUnauthorizedReplySaysHowToAsk) {
  EXPECT_EQ(server_.Get("/streams").headers["www-authenticate"], R"(Bearer realm="tailrace")");
  EXPECT_EQ(server_.Get("/streams", Header("wrong")).headers["www-authenticate"], R"(Bearer realm="tailrace", error="invalid_token")");
}

TEST_F(AccessTest, HeadersThatAreNoCredentialAreRefused) {
  for (const std::string& header :
       {std::string("Authorization: Basic cmVhZDpyZWFk\r\n"), std::string("Authorization: read\r\n"), std::string("Authorization: Bearer\r\n"),
        std::string("Authorization: Bearer \r\n"), std::string("Authorization:\r\n"), std::string("X-API-Key:\r\n"),
        std::string("Authorization: Bearer read read\r\n"), std::string("Authorization: Bearer read,read\r\n"),
        std::string("Authorization: Bearer \"read\"\r\n"), std::string("Authorization: Bearer READ\r\n"),
        std::string("Authorization: Bearer read\r\nX-API-Key: read\r\n"), std::string("Cookie: key=read\r\n"),
        std::string("Proxy-Authorization: Bearer read\r\n"), "Authorization: Bearer " + std::string(kCredentialBytesMax + 1, 'a') + "\r\n"}) {
    EXPECT_EQ(server_.Get("/streams", header).status, kUnauthorized) << header.substr(0, 60);
  }
  EXPECT_EQ(server_.Get("/streams?key=read").status, kUnauthorized);
}

TEST_F(AccessTest, TwoCredentialsAreOneTooMany) {
  EXPECT_EQ(server_.Get("/streams", "Authorization: Bearer read\r\nAuthorization: Bearer read\r\n").status, 400);
  EXPECT_EQ(server_.Get("/streams", "X-API-Key: read\r\nX-API-Key: admin\r\n").status, 400);
}

TEST_F(AccessTest, ARefusalSaysNothingOfTheCredential) {
  const RawReply reply = server_.Get("/streams", Header("sesame-open-the-door"));
  EXPECT_EQ(reply.body.find("sesame"), std::string::npos);
  for (const auto& [name, value] : reply.headers) EXPECT_EQ(value.find("sesame"), std::string::npos);
}

TEST_F(AccessTest, ATailEndsWithItsKey) {
  const auto caller = server_.authenticator.Add("tailing", {Role::kRead});
  RawClient client(server_.server->port());
  client.Send("GET /streams/sales/tail HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer tailing\r\n\r\n");
  EXPECT_NE(client.ReadUntil("retry: 1000").find("200 OK"), std::string::npos);
  caller->revoked = true;
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(AccessWithoutKeysTest, NobodyIsAskedUntilThereIsAKey) {
  TestServer server;
  EXPECT_EQ(server.Get("/streams").status, 200);
  server.authenticator.Add("first", {Role::kRead});
  EXPECT_EQ(server.Get("/streams").status, kUnauthorized);
}

TEST(AccessWithoutKeysTest, AnAddressBeyondLoopbackNeedsThem) {
  const config::Pipeline pipeline = SalesPipeline();
  TestServer parts;
  ServerOptions options;
  options.host = "0.0.0.0";
  options.port = 0;
  EXPECT_FALSE(Server::Create(parts.services(), options).has_value());
}

}  // namespace
}  // namespace tailrace::server
