// The pipeline file: any text gets a pipeline or errors, each with a place in the file and a line to show.
#include "config/load.h"
#include "fuzz.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 8 << 10;
// One in so many inputs has its SQL checked too, which costs a hundred times as much.
constexpr unsigned kSqlEvery = 32;
constexpr size_t kRenderedBytesMax = 4000;

config::LoadOptions Options(bool check_sql) {
  config::LoadOptions options;
  options.environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "SECRET") return "planted: [secret";
    return std::nullopt;
  };
  options.check_sql = check_sql;
  return options;
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const bool check_sql = choices.Byte() % kSqlEvery == 0;
  const Copy copy(choices.rest());
  const config::Loaded loaded = config::ParsePipeline(copy.text(), "/nowhere/p.yaml", Options(check_sql));
  bool has_errors = false;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    has_errors = has_errors || diagnostic.severity == config::Severity::kError;
    Require(diagnostic.place.line >= 1 && diagnostic.place.column >= 1, "a mistake has a place");
    Require(!diagnostic.message.empty(), "a mistake is told");
    const std::string text = config::Render(diagnostic, false);
    Require(text.size() < kRenderedBytesMax, "a mistake fits on a screen");
    Require(text.find("planted") == std::string::npos || copy.text().find("planted") != std::string_view::npos, "a secret is not shown");
  }
  Require(loaded.pipeline.has_value() != has_errors, "there is a pipeline or an error");
}

}  // namespace tailrace::fuzz
