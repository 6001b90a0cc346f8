#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

constexpr std::string_view kHere = ".";

struct Options {
  std::string name;
  std::string pipeline{kHere};
  bool all = false;
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

ExitCode RebuildInRuntime(Runtime& runtime, const Options& options, const std::stop_token& stop, Console& console) {
  RebuildProgressLine line(console, options.name);
  const auto outcome = runtime.Rebuild(options.name, {options.diff, !options.dry_run}, line, stop);
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

// With the definition of each, as the file has it.
using Definitions = std::vector<std::pair<std::string, std::string>>;

// One after the other; differences of one do not keep the others from being looked at, anything else does.
template <typename RebuildOneOfThem>
ExitCode RebuildEach(Options options, const Definitions& definitions, const std::stop_token& stop, const RebuildOneOfThem& rebuild) {
  ExitCode all = ExitCode::kDone;
  for (const auto& [name, definition] : definitions) {
    options.name = name;
    const ExitCode one = rebuild(options, definition);
    if (one == ExitCode::kDone) continue;
    all = one;
    if (one != ExitCode::kNo || !options.dry_run || stop.stop_requested()) break;
  }
  return all;
}

ExitCode RebuildInFolder(Runtime& runtime, const Options& options, const Definitions& definitions, const std::stop_token& stop, Console& console) {
  if (const Status started = runtime.Start(); !started) return console.Report(started.error());
  const ExitCode code = RebuildEach(options, definitions, stop, [&](const Options& one, const std::string&) {
    return RebuildInRuntime(runtime, one, stop, console);
  });
  // The files of the lake follow at once: nobody may start a server for a long time.
  const Status kept = code == ExitCode::kDone && !options.dry_run ? runtime.FlushLake() : Status();
  runtime.Stop();
  return kept ? code : console.Report(kept.error());
}

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

// What is to be rebuilt; an error is said.
std::optional<Definitions> ChooseNames(const config::Pipeline& pipeline, const Options& options, Console& console) {
  std::vector<std::string> names = RebuildableNames(pipeline);
  if (!options.all) {
    const std::string name = config::WithoutAlias(pipeline, options.name);
    if (!Contains(names, name)) {
      (void)console.Wrong(fmt::format("no stream, table or collection over a stream is named {}{}", name, config::Suggestion(name, names)));
      return std::nullopt;
    }
    names = {name};
  }
  Definitions definitions;
  for (const std::string& name : names) definitions.emplace_back(name, engine::DefinitionName(pipeline, name));
  return definitions;
}

ExitCode Rebuild(Options options, Console& console) {
  const bool named = !options.name.empty();
  if (!options.all && !named) return console.Wrong("say what to rebuild: a table, a collection, a stream, or --all");
  if (options.all && named && options.pipeline != kHere) return console.Wrong("--all rebuilds everything: leave out " + options.name);
  // `rebuild --all FOLDER`: what stands where a name would is the pipeline.
  if (options.all && named) options.pipeline = std::exchange(options.name, {});
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto definitions = ChooseNames(*pipeline, options, console);
  if (!definitions) return ExitCode::kWrong;
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  auto runtime = OpenFolder(std::move(*pipeline));
  if (runtime) return RebuildInFolder(**runtime, options, *definitions, signals.token(), console);
  if (runtime.error().code() != ErrorCode::kConflict) return console.Report(runtime.error());
  return RebuildEach(options, *definitions, signals.token(), [&](const Options& one, const std::string& definition) {
    return RebuildOnServer(*client, definition, one, runtime.error(), signals.token(), console);
  });
}

}  // namespace

Action DeclareRebuild(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Optional("NAME", "The table, collection or stream (its stored rows)", &options->name);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--all", "Everything that can be rebuilt, one after the other, instead of NAME", &options->all);
  arguments.Flag("--diff", "Print the rows or documents that differ between the old state and the new one", &options->diff);
  arguments.Flag("--dry-run", "Leave the old state in its place; with --diff the exit code is 1 when they differ", &options->dry_run);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Rebuild(*options, console); };
}

}  // namespace tailrace::app
