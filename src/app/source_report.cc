#include "app/source_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/console.h"
#include "app/progress_line.h"
#include "server/http/json_out.h"

namespace tailrace::app {

std::string SourceReport(const std::vector<SourceSummary>& sources, double seconds) {
  size_t name_width = 0;
  size_t count_width = 0;
  for (const SourceSummary& source : sources) {
    name_width = std::max(name_width, source.name.size());
    count_width = std::max(count_width, Grouped(source.accepted).size());
  }
  std::string text;
  for (const SourceSummary& source : sources) {
    text += fmt::format("{:<{}}  {:>{}} accepted, {} refused", source.name, name_width, Grouped(source.accepted),
                        count_width, Grouped(source.refused));
    if (!source.trouble.empty()) text += ": " + source.trouble;
    text += '\n';
  }
  const bool any_refused = std::any_of(sources.begin(), sources.end(), [](const SourceSummary& source) { return source.refused > 0; });
  if (any_refused) text += "tailrace dlq list shows what was refused, and why\n";
  return text + fmt::format("done in {}\n", DurationText(seconds));
}

std::string SourceReportJson(const std::vector<SourceSummary>& sources, double seconds) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Key("sources").BeginArray();
  for (const SourceSummary& source : sources) {
    json.BeginObject().Text("name", source.name).Int("accepted", source.accepted).Int("refused", source.refused);
    json.Text("trouble", source.trouble).EndObject();
  }
  json.EndArray().Key("seconds").Number(seconds).EndObject();
  return text + "\n";
}

}  // namespace tailrace::app
