#include "app/pipeline_file.h"

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
  auto loaded = config::LoadPipeline(path, LoadOptionsOfProcess());
  if (!loaded) return tl::unexpected(console.Report(loaded.error()));
  if (loaded->pipeline) return std::move(*loaded->pipeline);
  for (const config::Diagnostic& diagnostic : loaded->diagnostics) {
    if (diagnostic.severity == config::Severity::kError) {
      console.ErrLine(config::Render(diagnostic, console.err_has_colour()));
    }
  }
  return tl::unexpected(ExitCode::kWrong);
}

}  // namespace tailrace::app
