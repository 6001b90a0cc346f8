#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/job_view.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "model/times.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string job;
  std::string pipeline = ".";
  std::string from;
  std::string to;
  std::optional<uint16_t> port;
  bool no_wait = false;
};

// A date is its midnight in the job's time zone.
Result<std::string> TimeOf(const std::string& text, const schedule::TimeZone& zone) {
  std::string time;
  if (const auto days = ParseIsoDate(text)) {
    AppendRfc3339(zone.InstantOf(int64_t{*days} * 86'400) * kMicrosPerSecond, &time);
    return time;
  }
  const auto micros = ParseRfc3339(text);
  if (!micros) return Fail(Error::Invalid(fmt::format("expected a date such as 2017-03-03 or a time such as 2017-03-03T06:00:00Z, found {}", text)));
  AppendRfc3339(*micros, &time);
  return time;
}

Result<std::string> TargetOf(const Options& options, const config::Pipeline& pipeline) {
  std::string target = "/jobs/" + PercentEncoded(options.job) + "/run";
  if (options.from.empty() && options.to.empty()) return target;
  if (options.from.empty() || options.to.empty()) return Fail(Error::Invalid("--from and --to come together"));
  schedule::TimeZone zone;
  for (const config::JobSpec& job : pipeline.jobs) {
    if (job.name == options.job) zone = job.zone;
  }
  TR_TRY(const std::string from, TimeOf(options.from, zone));
  TR_TRY(const std::string to, TimeOf(options.to, zone));
  return target + "?from=" + PercentEncoded(from) + "&to=" + PercentEncoded(to);
}

ExitCode Run(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto target = TargetOf(options, *pipeline);
  if (!target) return console.Report(target.error());
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const auto answer = AskServer(*client, HttpRequest{.method = "POST", .target = *target, .headers = {}, .body = {}}, signals.token());
  if (!answer) return console.Report(answer.error());
  const JsonValue* runs = answer->Find("runs");
  bool all_succeeded = true;
  for (const JsonValue& run : runs == nullptr ? std::vector<JsonValue>{} : runs->items) {
    if (options.no_wait) {
      console.OutLine(run.text);
      continue;
    }
    const auto state = AwaitRun(*client, options.job, run.text, console, signals.token());
    if (!state) return console.Report(state.error());
    all_succeeded = all_succeeded && *state == "succeeded";
  }
  return all_succeeded ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareJobRun(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("JOB", "Name of the job", &options->job);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--from", "TIME", "With --to: a run for each due time from here on; a date is its midnight in the job's time zone", &options->from);
  arguments.Option("--to", "TIME", "Up to here, but not at it", &options->to);
  arguments.Flag("--no-wait", "Print the names of the runs and do not wait for them", &options->no_wait);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Run(*options, console); };
}

}  // namespace tailrace::app
