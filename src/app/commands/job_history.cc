#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/job_view.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "server/admin/job_routes.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string job;
  std::string pipeline = ".";
  std::optional<int64_t> limit;
  std::optional<uint16_t> port;
  bool json = false;
};

ExitCode History(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const std::string limit = options.limit ? fmt::format("?limit={}", *options.limit) : "";
  const auto answer = AskServer(*client, "/jobs/" + PercentEncoded(options.job) + limit, signals.token());
  if (!answer) return console.Report(answer.error());
  const std::vector<JsonValue> runs = answer->Find("runs") == nullptr ? std::vector<JsonValue>{} : answer->Find("runs")->items;
  if (options.json) {
    for (const JsonValue& run : runs) console.OutLine(ToJson(run));
  } else if (runs.empty()) {
    console.ErrLine("the job never ran");
  } else {
    console.Out(RunsText(runs, console));
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareJobHistory(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("JOB", "Name of the job", &options->job);
  arguments.Pipeline(&options->pipeline);
  arguments.Number("--limit", "Runs at most, the newest (20)", 1, server::kRunsShownMax, &options->limit);
  arguments.Flag("--json", "A JSON object a line", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return History(*options, console); };
}

}  // namespace tailrace::app
