#include "server/http/openapi.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

// METHOD PATTERN of everything that the metrics know as a route: they are made with the routes themselves.
std::set<std::string> RoutesThatAnswer(const std::string& metrics) {
  std::set<std::string> routes;
  const std::string marker = "tailrace_http_request_seconds_count{method=\"";
  for (size_t at = metrics.find(marker); at != std::string::npos; at = metrics.find(marker, at + 1)) {
    const size_t method = at + marker.size();
    const size_t method_end = metrics.find('"', method);
    const size_t route = metrics.find("route=\"", method_end) + 7;
    routes.insert(metrics.substr(method, method_end - method) + " " + metrics.substr(route, metrics.find('"', route) - route));
  }
  routes.erase("other other");
  return routes;
}

std::set<std::string> RoutesDescribed(const std::string& openapi) {
  JsonDocument document;
  EXPECT_FALSE(document.Parse(openapi).has_value());
  std::set<std::string> routes;
  const auto paths = JsonMembers(document.Find("/paths").value_or("null"));
  if (!paths) return routes;
  for (const auto& [path, operations] : *paths) {
    const auto methods = JsonMembers(operations);
    if (!methods) return {};
    for (const auto& [method, operation] : *methods) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(c - 'a' + 'A');
      routes.insert(upper + " " + path);
    }
  }
  return routes;
}

TEST(OpenApiTest, EveryRouteIsDescribedAndNothingElse) {
  TestServer server(PipelineWithDoors());
  const std::set<std::string> answering = RoutesThatAnswer(server.Get("/metrics").body);
  const std::set<std::string> described = RoutesDescribed(server.Get("/openapi.json").body);
  EXPECT_EQ(answering, described);
  for (const char* route : {"POST /streams/{stream}", "GET /streams/{stream}/tail", "POST /sql", "PUT /a/door", "GET /api/top", "GET /openapi.json"}) {
    EXPECT_TRUE(described.contains(route)) << route;
  }
}

TEST(OpenApiTest, ParametersOfPathsAreRequired) {
  TestServer server;
  const std::string text = server.Get("/openapi.json").body;
  EXPECT_NE(text.find(R"({"name":"stream","in":"path","description":"Name or alias of a stream.","required":true)"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::server
