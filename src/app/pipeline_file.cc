#include "app/pipeline_file.h"
#include "app/served_file.h"
#include "config/check_text.h"

#include <cstdlib>
#include <optional>
#include <utility>

namespace tailrace::app {
namespace {

std::optional<std::string> EnvironmentVariable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace

config::LoadOptions LoadOptionsOfProcess() { return {.environment = EnvironmentVariable}; }

tl::expected<config::Pipeline, ExitCode> LoadForCommand(const std::string& path, Console& console) {
  auto file = LoadServedFile(path, console);
  if (!file) return tl::unexpected(file.error());
  return std::move(file->pipeline);
}

tl::expected<ServedFile, ExitCode> LoadServedFile(const std::string& path, Console& console) {
  auto read = config::ReadPipelineText(path);
  if (!read) return tl::unexpected(console.Report(read.error()));
  config::Loaded loaded = config::ParsePipeline(read->text, read->path, LoadOptionsOfProcess());
  if (loaded.pipeline) return ServedFile{std::move(*loaded.pipeline), std::move(read->text)};
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.severity == config::Severity::kError) {
      console.ErrLine(config::Render(diagnostic, console.err_has_colour()));
    }
  }
  return tl::unexpected(ExitCode::kWrong);
}

}  // namespace tailrace::app
