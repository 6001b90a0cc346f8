#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/job_view.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string job;
  std::string pipeline = ".";
  std::string run;
  std::optional<uint16_t> port;
  bool json = false;
};

void ShowHead(const JsonValue& answer, Console& console) {
  const JsonValue* job = answer.Find("job");
  if (job == nullptr) return;
  const std::string_view schedule = job->TextOf("schedule");
  console.OutLine(fmt::format("{}: {}", job->TextOf("job"), schedule.empty() ? "by hand" : schedule));
  if (!job->TextOf("description").empty()) console.OutLine(std::string(job->TextOf("description")));
  if (!job->TextOf("next").empty()) console.OutLine(fmt::format("next: {}", job->TextOf("next")));
  const JsonValue* steps = answer.Find("steps");
  for (const JsonValue& step : steps == nullptr ? std::vector<JsonValue>{} : steps->items) console.OutLine("  " + step.text);
}

ExitCode Show(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const std::string path = "/jobs/" + PercentEncoded(options.job);
  std::string run = options.run;
  if (run.empty()) {
    const auto answer = AskServer(*client, path + "?limit=1", signals.token());
    if (!answer) return console.Report(answer.error());
    if (options.json) {
      console.OutLine(ToJson(*answer));
      return ExitCode::kDone;
    }
    ShowHead(*answer, console);
    const JsonValue* runs = answer->Find("runs");
    if (runs == nullptr || runs->items.empty()) return ExitCode::kDone;
    run = std::string(runs->items.front().TextOf("run"));
  }
  const auto log = AskServer(*client, path + "/log?run=" + PercentEncoded(run), signals.token());
  if (!log) return console.Report(log.error());
  if (options.json) {
    console.OutLine(ToJson(*log));
    return ExitCode::kDone;
  }
  const JsonValue* shown = log->Find("run");
  if (shown != nullptr) console.OutLine(fmt::format("run {}: {}", run, shown->TextOf("state")));
  console.Out(LogText(*log));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareJobShow(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("JOB", "Name of the job", &options->job);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--run", "RUN", "Name of a run, as `job history` shows it; by default the newest", &options->run);
  arguments.Flag("--json", "The server's answer as it came", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Show(*options, console); };
}

}  // namespace tailrace::app
