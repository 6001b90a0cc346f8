#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "app/commands/declare.h"
#include "app/json_value.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "app/sse.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string stream;
  std::string pipeline = ".";
  bool json = false;
  std::optional<int64_t> limit;
  std::optional<uint16_t> port;
};

constexpr std::string_view kGapEvent = "gap";

// A record's own JSON; on a terminal with its place before it, with --json inside of all that is known about it.
std::string RecordText(const ServerEvent& event, const Options& options, const Console& console) {
  if (options.json) return event.data;
  const auto record = ParseJson(event.data);
  const JsonValue* value = record ? record->Find("value") : nullptr;
  if (value == nullptr) return event.data;
  if (!console.out_is_terminal()) return ToJson(*value);
  const std::string place = fmt::format("{}:{}", record->TextOf("partition"), record->TextOf("offset"));
  return fmt::format("{} {}", console.Paint(Style::kDim, fmt::format("{:>8}", place)), ToJson(*value));
}

class Printer {
 public:
  Printer(const Options& options, Console& console) : options_(options), console_(console) {}

  bool Take(const ServerEvent& event) {
    if (event.name == kGapEvent) {
      console_.ErrLine(
          fmt::format("{} {}", console_.PaintErr(Style::kYellow, "too slow, records left out:"), event.data));
      return true;
    }
    console_.OutLine(RecordText(event, options_, console_));
    ++shown_;
    return !console_.out_is_closed() && (!options_.limit || shown_ < *options_.limit);
  }

 private:
  const Options& options_;
  Console& console_;
  int64_t shown_ = 0;
};

ExitCode Tail(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  HttpRequest request{.method = "GET",
                      .target = fmt::format("/streams/{}/tail", PercentEncoded(options.stream)),
                      .headers = {},
                      .body = {}};
  request.headers.emplace_back("Accept", "text/event-stream");
  ServerEvents events;
  Printer printer(options, console);
  const auto take = [&](std::string_view bytes) {
    return events.Feed(bytes, [&](const ServerEvent& event) { return printer.Take(event); });
  };
  const auto response = client->Stream(request, take, signals.token());
  if (signals.token().stop_requested()) return ExitCode::kDone;
  if (!response) return console.Report(NoServer(*client, response.error()));
  if (const Status status = StatusOf(*response); !status) return console.Report(status.error());
  return ExitCode::kDone;
}

}  // namespace

Action DeclareTail(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("STREAM", "The stream", &options->stream);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "Each record with its partition, offset, sequence number and time", &options->json);
  arguments.Number("--limit", "Stop after so many records", 1, INT64_MAX, &options->limit);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Tail(*options, console); };
}

}  // namespace tailrace::app
