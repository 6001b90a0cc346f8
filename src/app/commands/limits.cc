#include "app/limits.h"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "config/quantity.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  bool json = false;
  bool markdown = false;
};

// The table of docs/limits.md: what counts where the file says nothing.
std::string Markdown() {
  std::string text = "| | limit | default | unit | setting | beyond it |\n|---|---|---|---|---|---|\n";
  std::string_view area;
  for (const LimitRow& row : ByArea(AllLimits(LimitsOf({}, INT64_MAX / 2)))) {
    const std::string value = row.is_share ? "a share of `server.memory`" : config::LimitText(row.unit, row.value);
    const std::string setting = row.setting.empty() ? "" : fmt::format("`server.limits.{}`", row.setting);
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row.area == area ? "" : row.area, row.help, value, UnitText(row.unit),
                        setting, row.beyond);
    area = row.area;
  }
  return text;
}

std::string Json(const PartLimits& limits) {
  const MemoryBudget& memory = limits.memory;
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Key("memory").BeginObject().Int("total", memory.total).Int("own", memory.own);
  json.Int("warehouse", memory.warehouse).Int("projections", memory.projections).Int("sqlite", memory.sqlite);
  json.Int("document_cache", memory.document_cache).Int("bodies", memory.bodies).Int("answers", memory.answers);
  json.Int("connections", memory.connections).Int("log_in_flight", memory.log_in_flight).Int("log_keys", memory.log_keys);
  json.Int("batches", memory.batches).EndObject();
  json.Key("limits").BeginArray();
  for (const LimitRow& row : ByArea(AllLimits(limits))) {
    json.BeginObject().Text("area", row.area).Text("setting", row.setting).Text("code", row.code).Text("unit", UnitText(row.unit));
    json.Int("value", row.value).Text("limit", row.help).Text("beyond", row.beyond).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

void ShowMemory(const MemoryBudget& memory, Console& console) {
  constexpr int64_t kMiB = 1 << 20;
  const auto line = [&](std::string_view what, int64_t bytes) {
    console.OutLine(fmt::format("  {:<44} {:>10} MiB", what, Grouped(bytes / kMiB)));
  };
  console.OutLine(console.Paint(Style::kBold, "memory (server.memory)"));
  line("all of it", memory.total);
  line("the program itself", memory.own);
  line("tables and queries (DuckDB)", memory.warehouse);
  line("documents in the making (DuckDB)", memory.projections);
  line("pages of documents.sqlite", memory.sqlite);
  line("documents kept taken apart", memory.document_cache);
  line("bodies of requests", memory.bodies);
  line("answers not yet taken", memory.answers);
  line("buffers of connections", memory.connections);
  line("appended and not yet synced", memory.log_in_flight);
  line("idempotency keys that the log remembers", memory.log_keys);
  line("batches from the log to tables and documents", memory.batches);
}

void Show(const PartLimits& limits, Console& console) {
  ShowMemory(limits.memory, console);
  std::string_view area;
  for (const LimitRow& row : ByArea(AllLimits(limits))) {
    if (row.area != area) console.OutLine("\n" + console.Paint(Style::kBold, row.area));
    area = row.area;
    console.OutLine(fmt::format("  {:<58} {:>12}  {}", row.help, config::LimitText(row.unit, row.value), row.setting));
  }
  console.OutLine("\nThe names on the right are keys of server.limits; the others are fixed.");
}

ExitCode Limits(const Options& options, Console& console) {
  if (options.markdown) {
    console.Out(Markdown());
    return ExitCode::kDone;
  }
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const PartLimits limits = LimitsOf(*pipeline, MachineMemoryBytes());
  if (options.json) {
    console.OutLine(Json(limits));
  } else {
    Show(limits, console);
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareLimits(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "As a JSON object, in bytes and milliseconds", &options->json);
  arguments.Flag("--markdown", "The defaults, as docs/limits.md has them", &options->markdown);
  return [options](Console& console) { return Limits(*options, console); };
}

}  // namespace tailrace::app
