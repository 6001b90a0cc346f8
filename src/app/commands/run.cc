#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "app/commands/declare.h"
#include "app/data_directory.h"
#include "app/description.h"
#include "app/pipeline_file.h"
#include "app/progress_line.h"
#include "app/rebuild_report.h"
#include "app/runtime.h"
#include "app/served_file.h"
#include "app/signals.h"
#include "app/source_report.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  bool once = false;
  bool fresh = false;
  bool yes = false;
  bool rebuild_changed = false;
  bool json = false;
  std::optional<uint16_t> port;
};

constexpr std::chrono::milliseconds kBetweenLooks{100};

// Shows how far the sources are while somebody waits for them.
class SourceWatch {
 public:
  SourceWatch(const Runtime& runtime, Console& console)
      : line_(console, "sources"), thread_([this, &runtime](const std::stop_token& stop) { Watch(runtime, stop); }) {}

  ~SourceWatch() {
    thread_.request_stop();
    thread_.join();
  }

 private:
  void Watch(const Runtime& runtime, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    while (!woken.wait_for(lock, stop, kBetweenLooks, [&] { return stop.stop_requested(); })) {
      int64_t rows = 0;
      bool ended = true;
      for (const SourceSummary& source : runtime.sources()) {
        rows += source.accepted + source.refused;
        ended &= source.ended;
      }
      if (ended) {
        line_.Say("tables and documents catch up");
      } else {
        line_.Show(rows, 0, 0);
      }
    }
  }

  ProgressLine line_;
  std::jthread thread_;
};

// Nothing when the data may go on as it is; else what the command ends with.
std::optional<ExitCode> Forget(const config::Pipeline& pipeline, const Options& options, Console& console) {
  const std::string& data = pipeline.server.data;
  if (!options.yes && !console.Confirm(fmt::format("Forget everything in {}?", data))) {
    return console.Wrong(fmt::format("--fresh forgets everything in {}; add --yes to do it without being asked", data));
  }
  if (const Status erased = EraseData(data); !erased) return console.Report(erased.error());
  return std::nullopt;
}

ExitCode RefuseChanged(const Runtime& runtime, Console& console) {
  std::string text = "the file defines these otherwise than the data that is there:";
  for (const auto& changed : runtime.changed()) {
    text += fmt::format("\n  {} {}: tailrace rebuild {}", changed.kind, changed.name, changed.name);
    for (const std::string& reason : changed.reasons) text += fmt::format("\n    {}", reason);
  }
  text += "\nRebuild them one by one, or all at once with `tailrace run --rebuild-changed`.";
  return console.Wrong(text);
}

Status RebuildChanged(Runtime& runtime, const std::stop_token& stop, Console& console) {
  const auto changed = runtime.changed();
  for (const auto& one : changed) {
    RebuildProgressLine line(console, one.name);
    TR_TRY(const auto outcome, runtime.Rebuild(one.name, {}, line, stop));
    line.Clear();
    console.ErrLine(fmt::format("rebuilt {} {}: {}", one.kind, one.name, RebuildSummary(outcome.rows, outcome.seconds)));
  }
  return {};
}

Status ReadToTheEnd(Runtime& runtime, const std::stop_token& stop, Console& console) {
  const SourceWatch watch(runtime, console);
  TR_RETURN_IF_ERROR(runtime.WaitSources(stop));
  TR_RETURN_IF_ERROR(runtime.WaitCaughtUp(stop));
  return runtime.FlushLake();
}

ExitCode RunOnce(Runtime& runtime, const Options& options, const std::stop_token& stop, Console& console) {
  const auto began = std::chrono::steady_clock::now();
  const Status done = ReadToTheEnd(runtime, stop, console);
  runtime.Stop();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto sources = runtime.sources();
  console.Out(options.json ? SourceReportJson(sources, took.count()) : SourceReport(sources, took.count()));
  if (done) return ExitCode::kDone;
  if (stop.stop_requested()) {
    console.ErrLine("stopped before the end; run it again to go on");
    return ExitCode::kNo;
  }
  return console.Report(done.error());
}

// The rest of the log goes on without them, but nobody should have to find out from refused records.
void WarnOfFenced(Runtime& runtime, Console& console) {
  const auto warn = [&](std::string_view what, const std::vector<PartitionStatus>& partitions) {
    for (size_t p = 0; p < partitions.size(); ++p) {
      if (!partitions[p].fenced) continue;
      console.ErrLine(fmt::format("{} partition {} of {} takes no records: {}",
                                  console.PaintErr(Style::kYellow, "warning:"), p, what,
                                  partitions[p].fenced->message()));
    }
  };
  for (const auto& [name, ids] : runtime.streams()) {
    warn("stream " + name, runtime.log().Partitions(ids.records));
    warn("the dead letters of " + name, runtime.log().Partitions(ids.dead_letters));
  }
}

void ShowListening(const Runtime& runtime, Console& console) {
  console.OutLine(DescribeParts(runtime.pipeline()));
  const char* const scheme = runtime.pipeline().server.tls ? "https" : "http";
  console.OutLine(fmt::format("{} {}://{}", console.Paint(Style::kGreen, "listening on"), scheme, runtime.address()));
  console.Out(DescribeWays(runtime.pipeline(), console.width()));
  console.OutLine(fmt::format("data in {}; Ctrl-C stops", runtime.pipeline().server.data));
}

ExitCode Serve(Runtime& runtime, const StopOnSignals& signals, Console& console) {
  ShowListening(runtime, console);
  signals.Wait();
  runtime.Stop();
  console.OutLine("stopped");
  return ExitCode::kDone;
}

ExitCode Run(const Options& options, Console& console) {
  RuntimeOptions runtime_options;
  auto file = LoadServedFile(options.pipeline, console);
  if (!file) return file.error();
  runtime_options.file_text = std::move(file->text);
  config::Pipeline& pipeline = file->pipeline;
  const StopOnSignals signals;
  if (options.fresh) {
    if (const auto ended = Forget(pipeline, options, console)) return *ended;
  }
  runtime_options.port = options.port;
  runtime_options.serve = !options.once;
  runtime_options.poll_once = options.once;
  runtime_options.run_jobs = !options.once;
  auto runtime = Runtime::Open(std::move(pipeline), std::move(runtime_options));
  if (!runtime) return console.Report(runtime.error());
  if (!(*runtime)->changed().empty() && !options.rebuild_changed) return RefuseChanged(**runtime, console);
  if (const Status started = (*runtime)->Start(); !started) return console.Report(started.error());
  WarnOfFenced(**runtime, console);
  if (const Status rebuilt = RebuildChanged(**runtime, signals.token(), console); !rebuilt) {
    (*runtime)->Stop();
    return signals.token().stop_requested() ? ExitCode::kDone : console.Report(rebuilt.error());
  }
  return options.once ? RunOnce(**runtime, options, signals.token(), console) : Serve(**runtime, signals, console);
}

}  // namespace

Action DeclareRun(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--once", "Read finite sources to their end, ask polls once, let everything catch up, and stop; serves no HTTP",
                 &options->once);
  arguments.Flag("--fresh", "Forget all data first, after asking", &options->fresh);
  arguments.Flag("-y,--yes", "Do not ask", &options->yes);
  arguments.Flag("--rebuild-changed", "Compute again what the file defines otherwise than before",
                 &options->rebuild_changed);
  arguments.Port("Listen on this port instead of the file's; 0 takes a free one", &options->port);
  arguments.Flag("--json", "The summary of --once as a JSON object", &options->json);
  return [options](Console& console) { return Run(*options, console); };
}

}  // namespace tailrace::app
