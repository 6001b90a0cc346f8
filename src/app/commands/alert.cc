// alert list, alert silence, alert unsilence.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/job_view.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "config/quantity.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string alert;
  std::string pipeline = ".";
  std::string lasts = "1h";
  std::string reason;
  std::optional<uint16_t> port;
};

// Sends it, and shows the alert as it is then.
ExitCode Change(const Options& options, const std::string& method, const std::string& body, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  HttpRequest request{.method = method, .target = "/alerts/" + PercentEncoded(options.alert) + "/silence", .headers = {}, .body = body};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  const auto answer = AskServer(*client, request, signals.token());
  if (!answer) return console.Report(answer.error());
  console.Out(AlertsText({*answer}, console));
  return ExitCode::kDone;
}

ExitCode Silence(const Options& options, Console& console) {
  if (!config::ParseDuration(options.lasts)) return console.Report(Error::Invalid("--for is a duration such as 30m or 2h, found " + options.lasts));
  std::string body;
  server::JsonWriter(body).BeginObject().Text("for", options.lasts).Text("reason", options.reason).EndObject();
  return Change(options, "POST", body, console);
}

}  // namespace

Action DeclareAlertSilence(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("ALERT", "Name of the alert", &options->alert);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--for", "TIME", "How long nobody is told, such as 30m, 2h or 3d; default 1h", &options->lasts);
  arguments.Option("--reason", "TEXT", "Why, for whoever looks", &options->reason);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Silence(*options, console); };
}

Action DeclareAlertUnsilence(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("ALERT", "Name of the alert", &options->alert);
  arguments.Pipeline(&options->pipeline);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Change(*options, "DELETE", "", console); };
}

}  // namespace tailrace::app
