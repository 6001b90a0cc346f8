#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "app/against.h"
#include "app/check_json.h"
#include "app/commands/declare.h"
#include "app/description.h"
#include "app/pipeline_file.h"
#include "config/load.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  bool json = false;
  std::string against;
};

int64_t Count(const std::vector<config::Diagnostic>& diagnostics, config::Severity severity) {
  return std::count_if(diagnostics.begin(), diagnostics.end(),
                       [&](const auto& one) { return one.severity == severity; });
}

void Show(const config::Loaded& loaded, const Options& options, Console& console) {
  if (options.json) {
    console.OutLine(DiagnosticsJson(loaded.diagnostics, true));
    return;
  }
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    console.ErrLine(config::Render(diagnostic, console.err_has_colour()));
  }
  const int64_t mistakes = Count(loaded.diagnostics, config::Severity::kError);
  const int64_t warnings = Count(loaded.diagnostics, config::Severity::kWarning);
  if (mistakes > 0) {
    console.ErrLine(Counted(mistakes, "mistake"));
    return;
  }
  const std::string rest = warnings > 0 ? fmt::format(" ({})", Counted(warnings, "warning")) : "";
  console.OutLine(fmt::format("{} {}{}", console.Paint(Style::kGreen, "ok"), DescribeParts(*loaded.pipeline), rest));
}

ExitCode Check(const Options& options, Console& console) {
  const auto loaded = config::LoadPipeline(options.pipeline, LoadOptionsOfProcess());
  if (!loaded) return console.Report(loaded.error());
  Show(*loaded, options, console);
  if (loaded->pipeline && !options.against.empty()) {
    const auto lines = CompareWithData(*loaded->pipeline, options.against);
    return lines ? ShowAgainst(*lines, console) : console.Report(lines.error());
  }
  return loaded->pipeline ? ExitCode::kDone : ExitCode::kWrong;
}

}  // namespace

Action DeclareCheck(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "The mistakes as a JSON array", &options->json);
  arguments.Option("--against", "DATA", "Also what the file would do to this data folder; exit code 1 when something must be rebuilt",
                   &options->against);
  return [options](Console& console) { return Check(*options, console); };
}

}  // namespace tailrace::app
