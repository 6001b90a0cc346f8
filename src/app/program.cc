#include "app/program.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <map>
#include <optional>

#include "app/command.h"
#include "config/nearest.h"

namespace tailrace::app {
namespace {

constexpr std::string_view kDescription =
    "Tailrace runs a data pipeline from one YAML file: records in over HTTP and from files, a durable log,\n"
    "tables and documents kept up to date from it, answers over HTTP and here.";

constexpr std::string_view kExitCodes =
    "Exit codes: 0 done; 1 the answer is no; 2 the pipeline file or the command line is wrong; 3 a peer, the disk or\n"
    "another process stands in the way.";

std::string Indented(std::string_view text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

struct Row {
  std::string left;
  std::string right;
};

std::string Columns(const std::vector<Row>& rows) {
  size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.left.size());
  std::string out;
  for (const Row& row : rows) out += fmt::format("  {:<{}}  {}\n", row.left, width, row.right);
  return out;
}

std::string OptionLeft(const CLI::Option& option) {
  std::string left = option.get_name(false, true);
  const std::string& value = option.get_option_text();
  if (!value.empty()) left += ' ' + value;
  return left;
}

std::string UsageOf(const CLI::App& app, std::string_view path) {
  std::string usage = fmt::format("Usage: tailrace {}", path);
  if (!path.empty()) usage += ' ';
  if (!app.get_subcommands({}).empty()) return usage + "COMMAND";
  usage += "[OPTIONS]";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    usage += option->get_required() ? fmt::format(" {}", option->get_name(true))
                                    : fmt::format(" [{}]", option->get_name(true));
  }
  return usage;
}

std::string HelpText(const CLI::App& app, std::string_view path) {
  std::string text = fmt::format("{}\n\n{}\n", app.get_description(), UsageOf(app, path));
  std::vector<Row> commands;
  std::vector<Row> arguments;
  std::vector<Row> options;
  for (const CLI::App* below : app.get_subcommands({}))
    commands.push_back({below->get_name(), below->get_description()});
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional()) {
      arguments.push_back({option->get_name(true), option->get_description()});
    } else {
      options.push_back({OptionLeft(*option), option->get_description()});
    }
  }
  if (!commands.empty()) text += "\nCommands:\n" + Columns(commands);
  if (!arguments.empty()) text += "\nArguments:\n" + Columns(arguments);
  if (!options.empty()) text += "\nOptions:\n" + Columns(options);
  if (!app.get_footer().empty()) text += fmt::format("\n{}\n", app.get_footer());
  return text;
}

// Of a word that has commands below it.
std::string_view GroupSummary(std::string_view group) {
  if (group == "dlq") return "Dead letters: list, show, redrive, resume";
  if (group == "log") return "Look into the log: verify, inspect, repair";
  if (group == "job") return "Jobs: list, show, history, run, cancel";
  if (group == "alert") return "Alerts: list, silence, unsilence";
  if (group == "keys") return "Who may do what over HTTP: add, list, revoke, rotate";
  return "";
}

// The parser of the whole line, and what to do for the command that it finds.
class CommandLine {
 public:
  CommandLine() : root_(std::string(kDescription), "tailrace") {
    root_.set_help_flag("-h,--help", "Show this help");
    root_.footer(fmt::format("`tailrace COMMAND --help` has examples.\n{}", kExitCodes));
    for (const Command& command : Commands()) Add(command);
  }

  const CLI::App& root() const { return root_; }

  // Throws CLI::ParseError.
  void Parse(int argc, const char* const* argv) { root_.parse(argc, argv); }

  // The command that was named, down to the lowest level.
  const CLI::App& named() const {
    const CLI::App* app = &root_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return *app;
  }

  std::string PathOf(const CLI::App& app) const {
    if (app.get_parent() == nullptr) return "";
    const std::string above = PathOf(*app.get_parent());
    return above.empty() ? app.get_name() : above + ' ' + app.get_name();
  }

  const Action* ActionOf(const CLI::App& app) const {
    const auto found = actions_.find(&app);
    return found == actions_.end() ? nullptr : &found->second;
  }

 private:
  void Add(const Command& command) {
    CLI::App* parent = &root_;
    std::string_view name = command.name;
    const size_t space = name.find(' ');
    if (space != std::string_view::npos) {
      parent = Group(std::string(name.substr(0, space)));
      name.remove_prefix(space + 1);
    }
    CLI::App* app = parent->add_subcommand(std::string(name), std::string(command.summary));
    app->footer(fmt::format("Examples:\n{}", Indented(command.example)));
    Arguments arguments(*app);
    actions_[app] = command.declare(arguments);
  }

  CLI::App* Group(const std::string& name) {
    for (CLI::App* app : root_.get_subcommands({})) {
      if (app->get_name() == name) return app;
    }
    return root_.add_subcommand(name, std::string(GroupSummary(name)));
  }

  CLI::App root_;
  std::map<const CLI::App*, Action> actions_;
};

std::vector<std::string> NamesBelow(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* below : app.get_subcommands({})) names.push_back(below->get_name());
  return names;
}

// The first word of the line that should have been a command and is none.
std::optional<std::string> UnknownCommand(const CLI::App& named, int argc, const char* const* argv) {
  if (named.get_subcommands({}).empty()) return std::nullopt;
  const std::vector<std::string> names = NamesBelow(named);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-') || word == named.get_name()) continue;
    return word + config::Suggestion(word, names);
  }
  return std::nullopt;
}

// What the parser found wrong, in words that say what to write instead.
std::string MessageOf(const CLI::ParseError& error, const CommandLine& line) {
  const CLI::App& named = line.named();
  const std::string text = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return text.substr(0, text.find(':')) + " needs a value";
  const std::vector<std::string> left_over = line.root().remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || left_over.empty()) return text;
  const std::string& word = left_over.front();
  if (!word.starts_with('-')) return fmt::format("nothing is expected at \"{}\"", word);
  std::vector<std::string> flags;
  for (const CLI::Option* option : named.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& flag : option->get_lnames()) flags.push_back("--" + flag);
  }
  return fmt::format("no option {}{}", word, config::Suggestion(word, flags));
}

ExitCode ReportParseError(const CommandLine& line, const CLI::ParseError& error, int argc, const char* const* argv,
                          Console& console) {
  const CLI::App& named = line.named();
  const std::string path = line.PathOf(named);
  const auto unknown = UnknownCommand(named, argc, argv);
  std::string message = unknown ? fmt::format("no command {}", *unknown) : MessageOf(error, line);
  message += fmt::format("\nSee `tailrace {}{}--help`.", path, path.empty() ? "" : " ");
  return console.Wrong(message);
}

void AddShapes(const CommandLine& line, const CLI::App& app, std::vector<CommandLineShape>* shapes) {
  CommandLineShape shape{.name = line.PathOf(app), .summary = app.get_description(), .words = NamesBelow(app)};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& flag : option->get_lnames()) shape.words.push_back("--" + flag);
    const std::string name = option->get_name(true);
    if (option->get_positional() && (name == "PIPELINE" || name == "FILE" || name == "FOLDER")) shape.takes_path = true;
  }
  shapes->push_back(std::move(shape));
  for (const CLI::App* below : app.get_subcommands({})) AddShapes(line, *below, shapes);
}

}  // namespace

ExitCode RunProgram(int argc, const char* const* argv, Console& console) {
  CommandLine line;
  try {
    line.Parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    console.Out(HelpText(line.named(), line.PathOf(line.named())));
    return ExitCode::kDone;
  } catch (const CLI::ParseError& error) {
    return ReportParseError(line, error, argc, argv, console);
  }
  const CLI::App& named = line.named();
  const Action* action = line.ActionOf(named);
  if (action == nullptr) {
    console.Err(HelpText(named, line.PathOf(named)));
    return ExitCode::kWrong;
  }
  return (*action)(console);
}

std::vector<CommandLineShape> CommandLineShapes() {
  const CommandLine line;
  std::vector<CommandLineShape> shapes;
  AddShapes(line, line.root(), &shapes);
  return shapes;
}

}  // namespace tailrace::app
