#include "config/yaml_messages.h"

#include <array>

namespace tailrace::config {
namespace {

struct Explanation {
  std::string_view part;  // of libfyaml's message
  std::string_view advice;
};

constexpr std::string_view kQuoteInFlow = "inside { } and [ ] a text that holds , : # { } [ ] must be quoted";

constexpr std::array kExplanations = {
    Explanation{"tab character", "indent with spaces"},
    Explanation{"flow", kQuoteInFlow},
    Explanation{"did not find expected node content", kQuoteInFlow},
    Explanation{"nested block mapping on the same line", "a text that holds \": \" must be quoted"},
    Explanation{"plain scalar cannot start", "quote the text"},
    Explanation{"multiline plain key", "a key is followed by \":\""},
    Explanation{"simple key", "a key is followed by \":\""},
    Explanation{"indent", "lines of one level begin in the same column"},
    Explanation{"invalid value after mapping", "lines of one level begin in the same column"},
    Explanation{"quoted scalar", "the quotes are not closed, or the lines within them not indented"},
    Explanation{"escape", "write the backslash twice, or use single quotes"},
};

std::string_view PreviousContentLine(const SourceText& source, int line) {
  for (int i = line - 1; i >= 1; --i) {
    const std::string_view text = source.Line(i);
    if (text.find_first_not_of(" \t") != std::string_view::npos) return text;
  }
  return {};
}

bool BeginsWithTab(std::string_view line) {
  const size_t content = line.find_first_not_of(" \t");
  return line.substr(0, content).find('\t') != std::string_view::npos;
}

}  // namespace

bool HasComment(std::string_view line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == '#' && i > 0 && (line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.find_first_not_of(" \t") != i;
    }
  }
  return false;
}

std::string ExplainSyntaxError(std::string_view parser_message, const SourceText& source, size_t offset) {
  std::string text = "YAML: " + std::string(parser_message);
  const int line = source.PlaceAt(offset).line;
  if (BeginsWithTab(source.Line(line))) return text + " (indent with spaces)";
  // A comment ends a plain text, so that its next line stands alone.
  if (parser_message.find("after mapping") != std::string_view::npos && HasComment(PreviousContentLine(source, line))) {
    return text + " (\" #\" begins a comment and cuts the text of the line before: quote it)";
  }
  for (const Explanation& explanation : kExplanations) {
    if (parser_message.find(explanation.part) == std::string_view::npos) continue;
    return text + " (" + std::string(explanation.advice) + ")";
  }
  return text;
}

}  // namespace tailrace::config
