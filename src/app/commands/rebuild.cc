#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "app/commands/declare.h"
#include "app/folder.h"
#include "app/json_value.h"
#include "app/pipeline_file.h"
#include "app/rebuild_report.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "app/sse.h"
#include "config/nearest.h"
#include "config/stream_names.h"
#include "engine/plan.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string name;
  std::string pipeline = ".";
  bool diff = false;
  bool dry_run = false;
  std::optional<uint16_t> port;
};

std::vector<std::string> RebuildableNames(const config::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const auto& stream : pipeline.streams) {
    if (stream.store) names.push_back(stream.name);
  }
  for (const auto& table : pipeline.tables) names.push_back(table.name);
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) names.push_back(collection.name);
  }
  return names;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

ExitCode Finish(const Options& options, const engine::RebuildOutcome& outcome, Console& console) {
  if (outcome.compared) console.OutLine(DifferenceSummary(outcome.only_in_old, outcome.only_in_new));
  const std::string done = outcome.swapped ? console.Paint(Style::kGreen, "rebuilt") : "computed, and not put in place:";
  console.OutLine(fmt::format("{} {}: {}", done, options.name, RebuildSummary(outcome.rows, outcome.seconds)));
  return !outcome.swapped && outcome.only_in_old + outcome.only_in_new > 0 ? ExitCode::kNo : ExitCode::kDone;
}

ExitCode Stopped(const Options& options, Console& console) {
  console.ErrLine(fmt::format("stopped; {} is as it was", options.name));
  return ExitCode::kNo;
}

ExitCode RebuildInFolder(Runtime& runtime, const Options& options, const std::stop_token& stop, Console& console) {
  if (const Status started = runtime.Start(); !started) return console.Report(started.error());
  RebuildProgressLine line(console, options.name);
  const auto outcome = runtime.Rebuild(options.name, {options.diff, !options.dry_run}, line, stop);
  runtime.Stop();
  line.Clear();
  if (!outcome && stop.stop_requested()) return Stopped(options, console);
  if (!outcome) return console.Report(outcome.error());
  return Finish(options, *outcome, console);
}

// What the server tells of a rebuild.
class ServerRebuild {
 public:
  ServerRebuild(const Options& options, Console& console) : options_(options), console_(console), line_(console, options.name) {}

  bool Take(const ServerEvent& event) {
    const auto data = ParseJson(event.data);
    if (!data) return true;
    if (event.name == "progress") line_.OnProgress({data->IntOf("rows"), data->IntOf("of")});
    if (event.name == "difference") Show(*data);
    if (event.name == "done" || event.name == "failed") {
      line_.Clear();
      exit_code_ = event.name == "done" ? Done(*data) : Failed(*data);
    }
    return !exit_code_;
  }

  // Nothing when the server broke off.
  std::optional<ExitCode> exit_code() const { return exit_code_; }

 private:
  ExitCode Done(const JsonValue& data) {
    engine::RebuildOutcome outcome;
    outcome.rows = data.IntOf("rows");
    outcome.seconds = std::strtod(std::string(data.TextOf("seconds")).c_str(), nullptr);
    outcome.swapped = data.TextOf("swapped") == "true";
    outcome.compared = data.Find("only_in_old") != nullptr;
    outcome.only_in_old = data.IntOf("only_in_old");
    outcome.only_in_new = data.IntOf("only_in_new");
    return Finish(options_, outcome, console_);
  }
  void Show(const JsonValue& data) {
    const JsonValue* shown = data.Find("row") != nullptr ? data.Find("row") : data.Find("document");
    if (shown == nullptr) return;
    const std::string json = ToJson(*shown);
    line_.OnDifference({data.TextOf("in") == "old", data.IntOf("count"), data.TextOf("key"), json});
  }
  ExitCode Failed(const JsonValue& data) {
    const JsonValue* error = data.Find("error");
    return console_.Report(Error::Unavailable(error == nullptr ? "the rebuild failed" : std::string(error->TextOf("message"))));
  }

  const Options& options_;
  Console& console_;
  RebuildProgressLine line_;
  std::optional<ExitCode> exit_code_;
};

ExitCode RebuildOnServer(HttpClient& client, const std::string& definition, const Options& options, const Error& held,
                         const std::stop_token& stop, Console& console) {
  HttpRequest request{.method = "POST", .target = {}, .headers = {}, .body = {}};
  request.target = fmt::format("/rebuild/{}?definition={}", PercentEncoded(options.name), PercentEncoded(definition));
  if (options.diff) request.target += "&diff=true";
  if (options.dry_run) request.target += "&dry_run=true";
  ServerEvents events;
  ServerRebuild rebuild(options, console);
  const auto take = [&](std::string_view bytes) {
    return events.Feed(bytes, [&](const ServerEvent& event) { return rebuild.Take(event); });
  };
  const auto response = client.Stream(request, take, stop);
  if (rebuild.exit_code()) return *rebuild.exit_code();
  if (stop.stop_requested()) return Stopped(options, console);
  if (!response) return console.Report(NobodyToAsk(held, response.error()));
  if (const Status status = StatusOf(*response); !status) return console.Report(status.error());
  return console.Report(Error::Unavailable("the server ended before the rebuild; " + options.name + " is as it was, or new"));
}

ExitCode Rebuild(Options options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  options.name = config::WithoutAlias(*pipeline, options.name);
  const std::vector<std::string> names = RebuildableNames(*pipeline);
  if (!Contains(names, options.name)) {
    return console.Wrong(fmt::format("no stream, table or collection over a stream is named {}{}", options.name,
                                     config::Suggestion(options.name, names)));
  }
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const std::string definition = engine::DefinitionName(*pipeline, options.name);
  auto runtime = OpenFolder(std::move(*pipeline));
  if (runtime) return RebuildInFolder(**runtime, options, signals.token(), console);
  if (runtime.error().code() != ErrorCode::kConflict) return console.Report(runtime.error());
  return RebuildOnServer(*client, definition, options, runtime.error(), signals.token(), console);
}

}  // namespace

Action DeclareRebuild(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("NAME", "The table, collection or stream (its stored rows)", &options->name);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--diff", "Print the rows or documents that differ between the old state and the new one", &options->diff);
  arguments.Flag("--dry-run", "Leave the old state in its place; with --diff the exit code is 1 when they differ", &options->dry_run);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Rebuild(*options, console); };
}

}  // namespace tailrace::app
