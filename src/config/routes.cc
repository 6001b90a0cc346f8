// Routes of the user's own: their form, and that no two are the same.
#include <algorithm>
#include <array>

#include "config/reading.h"

namespace tailrace::config {
namespace {

// First parts of paths that the server answers itself.
constexpr std::array<std::string_view, 25> kServerPaths = {
    "streams", "collections", "sql",     "dlq",          "status", "audit", "trace",
    "healthz", "readyz",      "metrics", "openapi.json", "topics", "assets", "backup",
    "console",     "graph",   "whoami",  "rebuild",      "export", "jobs",
    "alerts",  "dashboards",  "keys",    "settings",     "pipeline"};
constexpr size_t kPathBytesMax = 200;

bool IsPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

std::string List(const std::vector<std::string_view>& words) {
  std::string list;
  for (std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return list;
}

// Empty when right.
std::string WhyNoPath(std::string_view path) {
  if (path.empty() || path[0] != '/') return "a path begins with /";
  if (path.size() > kPathBytesMax) return "the path is too long";
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) return "a path holds letters, digits, / - . _ and ~";
  if (path.size() > 1 && path.ends_with('/')) return "a path does not end with /";
  if (path == "/") return "/ is the server's own";
  if (path.find("//") != std::string_view::npos) return "an empty part in the path";
  const std::string_view first = path.substr(1, path.find('/', 1) - 1);
  if (std::find(kServerPaths.begin(), kServerPaths.end(), first) != kServerPaths.end()) {
    return "paths below /" + std::string(first) + " are the server's own";
  }
  return {};
}

}  // namespace

std::optional<Route> Routes::Read(const Node& node, const std::vector<std::string_view>& methods, Reading& reading) {
  const std::string& text = node.text;
  const size_t space = text.find(' ');
  const std::string example = Quoted(std::string(methods.front()) + " /path");
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
    reading.report.Error(node.begin,
                         "expected a method and a path such as " + example + ", found " + Quoted(node.shown()));
    return std::nullopt;
  }
  Route route{text.substr(0, space), text.substr(space + 1)};
  if (std::find(methods.begin(), methods.end(), route.method) == methods.end()) {
    reading.report.Error(node.begin, "the method here is " + List(methods) + ", found " + Quoted(node.shown()));
    return std::nullopt;
  }
  const std::string why = WhyNoPath(route.path);
  if (!why.empty()) {
    reading.report.Error(node.begin, why + ": " + Quoted(node.shown()));
    return std::nullopt;
  }
  return Claim(std::move(route), node, reading);
}

std::optional<Route> Routes::Claim(Route route, const Node& node, Reading& reading) {
  const int line = reading.PlaceOf(node).line;
  const auto [first, is_new] = line_by_route_.emplace(route.method + " " + route.path, line);
  if (is_new) return route;
  reading.report.Error(node.begin, "the route " + Quoted(route.method + " " + route.path) + " is taken on line " +
                                       std::to_string(first->second));
  return std::nullopt;
}

}  // namespace tailrace::config
