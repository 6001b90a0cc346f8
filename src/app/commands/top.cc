#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "app/top_view.h"

namespace tailrace::app {
namespace {

constexpr int64_t kEverySecondsDefault = 2;
constexpr int64_t kEverySecondsMax = 3600;
// To the first column of the first line, and away with all that is there.
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

struct Options {
  std::string pipeline = ".";
  bool json = false;
  std::optional<int64_t> every;
  std::optional<int64_t> count;
  std::optional<uint16_t> port;
};

// False: asked to stop.
bool WaitFor(std::chrono::seconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

class Looks {
 public:
  Looks(HttpClient& client, const Options& options, Console& console) : client_(client), options_(options), console_(console) {}

  Status Take(const std::stop_token& stop) {
    const auto answer = client_.Send({.method = "GET", .target = "/status", .headers = {}, .body = {}}, stop);
    if (!answer) return Fail(NoServer(client_, answer.error()));
    TR_RETURN_IF_ERROR(StatusOf(*answer));
    if (options_.json) {
      console_.OutLine(answer->body);
      return {};
    }
    TR_TRY(const JsonValue status, ParseJson(answer->body));
    const std::string text = view_.Show(status, std::chrono::steady_clock::now(), console_.width());
    const std::string head = fmt::format("{} at {}\n\n", status.TextOf("pipeline"), client_.address());
    if (console_.out_is_terminal()) {
      console_.Out(kClearScreen);
    } else if (shown_) {
      console_.Out("\n");
    }
    console_.Out(head + text);
    shown_ = true;
    return {};
  }

 private:
  HttpClient& client_;
  const Options& options_;
  Console& console_;
  TopView view_;
  bool shown_ = false;
};

ExitCode Top(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const StopOnSignals signals;
  const auto client = ClientOf(*pipeline, options.port);
  const std::chrono::seconds every(options.every.value_or(kEverySecondsDefault));
  Looks looks(*client, options, console);
  for (int64_t taken = 1;; ++taken) {
    const Status status = looks.Take(signals.token());
    if (signals.token().stop_requested()) return ExitCode::kDone;
    if (!status) return console.Report(status.error());
    if (options.count == taken || console.out_is_closed()) return ExitCode::kDone;
    if (!WaitFor(every, signals.token())) return ExitCode::kDone;
  }
}

}  // namespace

Action DeclareTop(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Number("--every", "Seconds between two looks (2)", 1, kEverySecondsMax, &options->every);
  arguments.Number("--count", "Stop after so many looks", 1, INT64_MAX, &options->count);
  arguments.Flag("--json", "Each answer of /status as it came, a line each", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Top(*options, console); };
}

}  // namespace tailrace::app
