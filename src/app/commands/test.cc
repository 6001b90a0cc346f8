#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/scenario/scenario_runner.h"
#include "app/signals.h"
#include "base/logging.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  std::string only;
  bool json = false;
  std::string crash_test;  // index of the test whose crash this process is
  std::string crash_data;
};

struct Tally {
  int64_t passed = 0;
  int64_t failed = 0;
};

std::string Indented(const std::string& text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

void ShowForPeople(const config::Pipeline& pipeline, const config::TestSpec& test,
                   const std::vector<std::string>& failures, Console& console) {
  if (failures.empty()) {
    console.OutLine(fmt::format("{} {}", console.Paint(Style::kGreen, "ok    "), test.name));
    return;
  }
  console.OutLine(
      fmt::format("{} {} ({}:{})", console.Paint(Style::kRed, "FAILED"), test.name, pipeline.path, test.place.line));
  for (const std::string& failure : failures) console.OutLine(Indented(failure));
}

void ShowAsJson(const config::TestSpec& test, const std::vector<std::string>& failures, Console& console) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Text("name", test.name).Int("line", test.place.line).Bool("passed", failures.empty());
  json.Key("failures").BeginArray();
  for (const std::string& failure : failures) json.Text(failure);
  json.EndArray().EndObject();
  console.OutLine(text);
}

ExitCode RunAll(const config::Pipeline& pipeline, const Options& options, Console& console) {
  const StopOnSignals signals;
  Tally tally;
  for (size_t i = 0; i < pipeline.tests.size() && !signals.token().stop_requested(); ++i) {
    const config::TestSpec& test = pipeline.tests[i];
    if (test.name.find(options.only) == std::string::npos) continue;
    const auto failures = RunScenario(pipeline, i, signals.token());
    ++(failures.empty() ? tally.passed : tally.failed);
    if (options.json) {
      ShowAsJson(test, failures, console);
    } else {
      ShowForPeople(pipeline, test, failures, console);
    }
  }
  if (!options.json) console.OutLine(fmt::format("{} passed, {} failed", tally.passed, tally.failed));
  if (tally.passed + tally.failed == 0) {
    return console.Wrong(options.only.empty() ? fmt::format("{} has no tests", pipeline.path)
                                              : fmt::format("no test has \"{}\" in its name", options.only));
  }
  return tally.failed == 0 && !signals.token().stop_requested() ? ExitCode::kDone : ExitCode::kNo;
}

// Does not return when all goes as it should.
ExitCode Crash(const config::Pipeline& pipeline, const Options& options, Console& console) {
  size_t index = 0;
  const std::string& digits = options.crash_test;
  std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (index >= pipeline.tests.size()) return console.Wrong("no such test");
  const auto commits = FeedUntilCrash(pipeline, index, options.crash_data);
  if (!commits) return console.Report(commits.error());
  return static_cast<ExitCode>(kTooFewCommitsExit);
}

ExitCode Test(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  return options.crash_test.empty() ? RunAll(*pipeline, options, console) : Crash(*pipeline, options, console);
}

}  // namespace

Action DeclareTest(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--only", "TEXT", "Only tests with this in their name", &options->only);
  arguments.Flag("--json", "A JSON object for each test", &options->json);
  arguments.HiddenOption(kCrashTestOption, &options->crash_test);
  arguments.HiddenOption(kCrashDataOption, &options->crash_data);
  return [options](Console& console) { return Test(*options, console); };
}

}  // namespace tailrace::app
