#include "app/description.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "app/console.h"

namespace tailrace::app {
namespace {

constexpr std::string_view kIndent = "  ";

// "POST /test", "sales_file (file)"
std::string WayOf(const config::SourceSpec& source) {
  if (const auto* http = std::get_if<config::HttpSourceSpec>(&source.kind)) return http->method + " " + http->route;
  std::string_view kind = "database";
  if (std::holds_alternative<config::FileSourceSpec>(source.kind)) kind = "file";
  if (std::holds_alternative<config::GenerateSourceSpec>(source.kind)) kind = "generate";
  if (std::holds_alternative<config::PollSourceSpec>(source.kind)) kind = "poll";
  return fmt::format("{} ({})", source.name, kind);
}

std::string StreamsOf(const config::SourceSpec& source) {
  std::string streams;
  for (const auto& target : source.into) streams += (streams.empty() ? "" : ", ") + target.stream;
  return streams;
}

// "  GET /a, /b," and further ones below the first.
std::string Listed(std::string_view head, const std::vector<std::string>& paths, size_t width) {
  std::string text;
  std::string line = std::string(kIndent) + std::string(head);
  const size_t indent = line.size();
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::string path = " " + paths[i] + (i + 1 < paths.size() ? "," : "");
    if (line.size() > indent && line.size() + path.size() > width) {
      text += line + "\n";
      line.assign(indent, ' ');
    }
    line += path;
  }
  return paths.empty() ? text : text + line + "\n";
}

}  // namespace

std::string DescribeWays(const config::Pipeline& pipeline, size_t width) {
  std::string text;
  for (const auto& source : pipeline.sources) text += fmt::format("{}{}  into {}\n", kIndent, WayOf(source), StreamsOf(source));
  std::vector<std::string> paths;
  for (const auto& api : pipeline.apis) paths.push_back(api.route);
  for (const auto& collection : pipeline.collections) paths.push_back("/collections/" + collection.name);
  return text + Listed("GET", paths, width);
}

std::string DescribeParts(const config::Pipeline& pipeline) {
  const std::vector<std::pair<size_t, std::string_view>> parts = {
      {pipeline.streams.size(), "stream"},
      {pipeline.sources.size(), "source"},
      {pipeline.tables.size(), "table"},
      {pipeline.views.size(), "view"},
      {pipeline.collections.size(), "collection"},
      {pipeline.apis.size(), "api"},
      {pipeline.dashboards.size(), "dashboard"},
      {pipeline.tests.size(), "test"},
  };
  std::string text = pipeline.name + ":";
  bool first = true;
  for (const auto& [count, noun] : parts) {
    if (count == 0) continue;
    text += (first ? " " : ", ") + Counted(static_cast<int64_t>(count), noun);
    first = false;
  }
  return text;
}

}  // namespace tailrace::app
