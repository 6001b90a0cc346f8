#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/commands/declare.h"
#include "app/templates.h"
#include "base/file_system.h"
#include "config/nearest.h"
#include "config/spec.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIgnored = ".tailrace/\n";

struct Options {
  std::string name = "hello";
  std::string folder;
  bool list = false;
};

std::vector<std::string> TemplateNames() {
  std::vector<std::string> names;
  for (const Template& one : Templates()) names.emplace_back(one.name);
  return names;
}

Status WriteNew(const fs::path& path, std::string_view text) {
  std::error_code failed;
  if (fs::exists(path, failed))
    return Fail(Error::Invalid(fmt::format("{} is there already: name another folder", path.string())));
  return ReplaceFile(PosixFileSystem(), path.string(), text);
}

Status WriteTemplate(const Template& chosen, const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Fail(Error::Unavailable(fmt::format("cannot make {}: {}", folder, failed.message())));
  TR_RETURN_IF_ERROR(WriteNew(fs::path(folder) / "pipeline.yaml", chosen.pipeline));
  if (fs::exists(fs::path(folder) / ".gitignore", failed)) return {};
  return WriteNew(fs::path(folder) / ".gitignore", kIgnored);
}

std::string WithAddress(std::string_view text) {
  const config::ServerSpec defaults;
  std::string out(text);
  constexpr std::string_view kMark = "{address}";
  for (size_t at = out.find(kMark); at != std::string::npos; at = out.find(kMark)) {
    out.replace(at, kMark.size(), fmt::format("{}:{}", defaults.host, defaults.port));
  }
  return out;
}

ExitCode List(Console& console) {
  for (const Template& one : Templates()) console.OutLine(fmt::format("{:<8} {}", one.name, one.summary));
  return ExitCode::kDone;
}

ExitCode Init(const Options& options, Console& console) {
  if (options.list) return List(console);
  const Template* chosen = FindTemplate(options.name);
  if (chosen == nullptr) {
    return console.Wrong(fmt::format("no template {}{}; `tailrace init --list` shows them", options.name,
                                     config::Suggestion(options.name, TemplateNames())));
  }
  const std::string folder = options.folder.empty() ? options.name : options.folder;
  if (const Status written = WriteTemplate(*chosen, folder); !written) return console.Report(written.error());
  const std::string pipeline = (fs::path(folder) / "pipeline.yaml").string();
  console.OutLine(fmt::format("{} {}: {}\n", console.Paint(Style::kGreen, "wrote"), pipeline, chosen->summary));
  console.OutLine(
      fmt::format("Now:\n  cd {0}\n  tailrace test\n  tailrace run\n\nand in another terminal, in {0}:", folder));
  const std::string lines = WithAddress(chosen->try_it);
  for (size_t from = 0; from < lines.size();) {
    const size_t end = lines.find('\n', from);
    console.OutLine("  " + lines.substr(from, end - from));
    from = end + 1;
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareInit(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Optional("TEMPLATE", "Which pipeline: hello (default) or shop", &options->name);
  arguments.Optional("FOLDER", "Where it goes (default: a folder named after the template)", &options->folder);
  arguments.Flag("--list", "Show the templates there are", &options->list);
  return [options](Console& console) { return Init(*options, console); };
}

}  // namespace tailrace::app
