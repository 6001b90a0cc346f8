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
  std::string pipeline = ".";
  std::optional<uint16_t> port;
  bool json = false;
};

ExitCode List(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const auto answer = AskServer(*client, "/jobs", signals.token());
  if (!answer) return console.Report(answer.error());
  const std::vector<JsonValue> jobs = answer->Find("jobs") == nullptr ? std::vector<JsonValue>{} : answer->Find("jobs")->items;
  if (options.json) {
    for (const JsonValue& job : jobs) console.OutLine(ToJson(job));
  } else if (jobs.empty()) {
    console.ErrLine("the pipeline has no jobs");
  } else {
    console.Out(JobsText(jobs, console));
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareJobList(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "A JSON object a line", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return List(*options, console); };
}

}  // namespace tailrace::app
