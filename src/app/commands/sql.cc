#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/query_door.h"
#include "app/signals.h"
#include "base/logging.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string query;
  std::string pipeline;
  bool csv = false;
  bool json = false;
  std::optional<uint16_t> port;
};

void Show(const QueryAnswer& answer, const Options& options, Console& console) {
  if (options.json) {
    console.OutLine(JsonTable(answer));
  } else if (options.csv) {
    console.Out(CsvTable(answer));
  } else if (console.out_is_terminal()) {
    console.Out(AlignedTable(answer, console.width()));
    console.OutLine(
        console.Paint(Style::kDim, fmt::format("({})", Counted(static_cast<int64_t>(answer.rows.size()), "row"))));
  } else {
    console.Out(TabbedTable(answer));
  }
  if (answer.truncated) {
    console.ErrLine(fmt::format("{} only the first {}: use LIMIT, or ask for less",
                                console.PaintErr(Style::kYellow, "cut:"),
                                Counted(static_cast<int64_t>(answer.rows.size()), "row")));
  }
}

ExitCode Answer(QueryDoor& door, const std::string& sql, const Options& options, const std::stop_token& stop,
                Console& console) {
  const auto answer = door.Ask(sql, stop);
  if (!answer) return console.Report(answer.error());
  Show(*answer, options, console);
  return ExitCode::kDone;
}

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

// Statements end with a semicolon; `exit`, `quit` or the end of the input ends it.
ExitCode Prompt(QueryDoor& door, const Options& options, const std::stop_token& stop, Console& console) {
  console.OutLine("A statement ends with `;`. `exit` or Ctrl-D leaves.");
  std::string statement;
  std::string line;
  while (!stop.stop_requested()) {
    console.Out(statement.empty() ? "sql> " : "  -> ");
    if (!std::getline(std::cin, line)) break;
    if (statement.empty() && (line == "exit" || line == "quit" || line == "\\q")) return ExitCode::kDone;
    statement += line + '\n';
    const size_t end = statement.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) statement.clear();
    if (end == std::string::npos || statement[end] != ';') continue;
    if (!IsBlank(statement)) static_cast<void>(Answer(door, statement.substr(0, end), options, stop, console));
    statement.clear();
  }
  console.OutLine("");
  return ExitCode::kDone;
}

bool NamesPipeline(const std::string& text) {
  std::error_code ignored;
  const std::filesystem::path path(text);
  return std::filesystem::is_directory(path, ignored) ||
         (path.extension() == ".yaml" && std::filesystem::exists(path, ignored));
}

// `tailrace sql FOLDER` opens a prompt; no SQL is the name of a folder.
void SortArguments(Options* options) {
  if (options->pipeline.empty() && NamesPipeline(options->query)) options->pipeline = std::exchange(options->query, "");
  if (options->pipeline.empty()) options->pipeline = ".";
}

ExitCode Sql(Options options, Console& console) {
  SortArguments(&options);
  if (options.query.empty() && !console.in_is_terminal()) {
    options.query.assign(std::istreambuf_iterator<char>(std::cin), {});
    if (IsBlank(options.query)) return console.Wrong("no query: give one as an argument or on stdin");
  }
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto door = OpenQueryDoor(std::move(*pipeline), options.port, signals.token());
  if (!door) return console.Report(door.error());
  if (options.query.empty()) return Prompt(**door, options, signals.token(), console);
  return Answer(**door, options.query, options, signals.token(), console);
}

}  // namespace

Action DeclareSql(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Optional("QUERY", "One SELECT; without it a prompt, or what stdin holds", &options->query);
  arguments.Optional("PIPELINE", "The pipeline file, or a folder with pipeline.yaml (default: the current folder)",
                     &options->pipeline);
  arguments.Flag("--csv", "As CSV with a header", &options->csv);
  arguments.Flag("--json", "As a JSON array of objects", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Sql(*options, console); };
}

}  // namespace tailrace::app
