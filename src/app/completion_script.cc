#include "app/completion_script.h"

#include <fmt/format.h>

namespace tailrace::app {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

bool HasBelow(const CommandLineShape& shape, const std::vector<CommandLineShape>& shapes) {
  for (const CommandLineShape& other : shapes) {
    if (other.name != shape.name && other.name.starts_with(shape.name.empty() ? "" : shape.name + ' ')) return true;
  }
  return false;
}

// Words that the typed line starts with pick the case; a group of commands completes its commands only at the next
// word.
std::string BashScript(const std::vector<CommandLineShape>& shapes) {
  std::string cases;
  for (const CommandLineShape& shape : shapes) {
    cases += fmt::format("    \"{}\") words=\"{}\"; files={} ;;\n", shape.name, Joined(shape.words),
                         shape.takes_path ? 1 : 0);
  }
  return fmt::format(R"(# bash completion of tailrace
_tailrace() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" words="" files=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
      -*) ;;
      *) if [[ -z $command ]]; then command="${{COMP_WORDS[i]}}"
         elif [[ $command == log && $i == 2 ]]; then command="$command ${{COMP_WORDS[i]}}"; fi ;;
    esac
  done
  case "$command" in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $files == 1 && $current != -* ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
}}
complete -o filenames -F _tailrace tailrace
)",
                     cases);
}

std::string ZshScript(const std::vector<CommandLineShape>& shapes) {
  return "#compdef tailrace\nautoload -U +X bashcompinit && bashcompinit\n" + BashScript(shapes);
}

std::string FishCondition(const std::string& name) {
  if (name.empty()) return "__fish_use_subcommand";
  std::string condition;
  for (size_t from = 0; from <= name.size();) {
    const size_t end = std::min(name.find(' ', from), name.size());
    condition += (condition.empty() ? "" : "; and ") +
                 fmt::format("__fish_seen_subcommand_from {}", name.substr(from, end - from));
    from = end + 1;
  }
  return condition;
}

std::string FishSummary(const std::string& command, const std::vector<CommandLineShape>& shapes) {
  for (const CommandLineShape& shape : shapes) {
    if (shape.name == command) return shape.summary;
  }
  return "";
}

std::string FishScript(const std::vector<CommandLineShape>& shapes) {
  std::string out = "# fish completion of tailrace\ncomplete -c tailrace -f\n";
  for (const CommandLineShape& shape : shapes) {
    const std::string condition = FishCondition(shape.name);
    for (const std::string& word : shape.words) {
      if (word.starts_with("--")) {
        out += fmt::format("complete -c tailrace -n '{}' -l {}\n", condition, word.substr(2));
        continue;
      }
      const std::string command = shape.name.empty() ? word : shape.name + ' ' + word;
      out += fmt::format("complete -c tailrace -n '{}' -a {} -d '{}'\n", condition, word, FishSummary(command, shapes));
    }
    if (shape.takes_path && !HasBelow(shape, shapes))
      out += fmt::format("complete -c tailrace -n '{}' -F\n", condition);
  }
  return out;
}

}  // namespace

std::string CompletionScript(std::string_view shell, const std::vector<CommandLineShape>& shapes) {
  if (shell == "fish") return FishScript(shapes);
  return shell == "zsh" ? ZshScript(shapes) : BashScript(shapes);
}

}  // namespace tailrace::app
