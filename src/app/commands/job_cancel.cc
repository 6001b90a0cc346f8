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
  bool no_wait = false;
};

ExitCode Cancel(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  std::string target = "/jobs/" + PercentEncoded(options.job) + "/cancel";
  if (!options.run.empty()) target += "?run=" + PercentEncoded(options.run);
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const auto answer = AskServer(*client, HttpRequest{.method = "POST", .target = target, .headers = {}, .body = {}}, signals.token());
  if (!answer) return console.Report(answer.error());
  const JsonValue* cancelled = answer->Find("run");
  const std::string run(cancelled == nullptr ? "" : cancelled->TextOf("run"));
  if (options.no_wait) {
    console.OutLine(run);
    return ExitCode::kDone;
  }
  const auto state = AwaitRun(*client, options.job, run, console, signals.token());
  if (!state) return console.Report(state.error());
  return *state == "cancelled" ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareJobCancel(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("JOB", "Name of the job", &options->job);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--run", "RUN", "Name of a run that runs or waits, as `job history` shows it; by default the one that runs now", &options->run);
  arguments.Flag("--no-wait", "Print the name of the run and do not wait for its end", &options->no_wait);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Cancel(*options, console); };
}

}  // namespace tailrace::app
