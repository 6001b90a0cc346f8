// `job list` and `alert list`: what a running server tells of all of a kind.
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

struct Listed {
  std::string name;  // of the route, of its answer's member, and for people
  std::string (*text)(const std::vector<JsonValue>& items, const Console& console);
};

ExitCode List(const Listed& listed, const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const auto answer = AskServer(*client, "/" + listed.name, signals.token());
  if (!answer) return console.Report(answer.error());
  const JsonValue* found = answer->Find(listed.name);
  const std::vector<JsonValue> items = found == nullptr ? std::vector<JsonValue>{} : found->items;
  if (options.json) {
    for (const JsonValue& item : items) console.OutLine(ToJson(item));
  } else if (items.empty()) {
    console.ErrLine("the pipeline has no " + listed.name);
  } else {
    console.Out(listed.text(items, console));
  }
  return ExitCode::kDone;
}

Action Declare(Arguments& arguments, const Listed& listed) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "A JSON object a line", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options, listed](Console& console) { return List(listed, *options, console); };
}

}  // namespace

Action DeclareJobList(Arguments& arguments) { return Declare(arguments, {"jobs", &JobsText}); }
Action DeclareAlertList(Arguments& arguments) { return Declare(arguments, {"alerts", &AlertsText}); }

}  // namespace tailrace::app
