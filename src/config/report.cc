#include "config/report.h"

#include <algorithm>

namespace tailrace::config {
namespace {

constexpr size_t kMessageBytesMax = 1000;
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kPlain = "\x1b[0m";

// As wide as the text before the mark: tabs stay tabs.
std::string Indent(std::string_view line, int characters) {
  std::string indent;
  int seen = 0;
  for (char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    if (++seen > characters) break;
    indent += c == '\t' ? '\t' : ' ';
  }
  indent.append(static_cast<size_t>(std::max(0, characters - seen)), ' ');
  return indent;
}

// The line as a terminal can take it: control characters of a file that is no text would be commands to it.
std::string Printable(std::string line) {
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) c = '?';
  }
  return line;
}

}  // namespace

void Report::Add(size_t offset, Severity severity, std::string message) {
  if (message.size() > kMessageBytesMax) {
    size_t end = kMessageBytesMax;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
    message.resize(end);
    message += "...";
  }
  std::replace(message.begin(), message.end(), '\n', ' ');
  has_errors_ = has_errors_ || severity == Severity::kError;
  entries_.insert({offset, severity, std::move(message)});
}

std::vector<Diagnostic> Report::Finish() const {
  std::vector<Diagnostic> diagnostics;
  for (const Entry& entry : entries_) {
    Diagnostic diagnostic{entry.severity, path_, source_.PlaceAt(entry.offset), entry.message, {}, 1};
    if (diagnostics.size() == kDiagnosticsMax) {
      diagnostic.message = "and " + std::to_string(entries_.size() - kDiagnosticsMax) + " more from here on";
      diagnostic.severity = has_errors_ ? Severity::kError : Severity::kWarning;
      diagnostics.push_back(std::move(diagnostic));
      break;
    }
    Excerpt excerpt = source_.ExcerptAt(entry.offset);
    diagnostic.source_line = std::move(excerpt.text);
    diagnostic.mark = excerpt.mark;
    diagnostics.push_back(std::move(diagnostic));
  }
  return diagnostics;
}

std::string Render(const Diagnostic& diagnostic, bool colour) {
  const bool warning = diagnostic.severity == Severity::kWarning;
  const std::string_view strong = colour ? kBold : "";
  const std::string_view tint = colour ? (warning ? kYellow : kRed) : "";
  const std::string_view plain = colour ? kPlain : "";
  std::string text;
  text.append(strong).append(diagnostic.path);
  text += ":" + std::to_string(diagnostic.place.line) + ":" + std::to_string(diagnostic.place.column) + ": ";
  text.append(plain);
  if (warning) text.append(tint).append("warning: ").append(plain);
  text += diagnostic.message;
  if (diagnostic.source_line.empty()) return text;
  text += "\n  " + Printable(diagnostic.source_line) + "\n  " + Indent(diagnostic.source_line, diagnostic.mark - 1);
  return text.append(tint).append("^").append(plain);
}

}  // namespace tailrace::config
