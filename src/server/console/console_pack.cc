#include "server/console/console_pack.h"

#include <charconv>
#include <optional>
#include <string>

// From console_pack.S.
extern "C" {
extern const char tailrace_console_pack_begin[];
extern const char tailrace_console_pack_end[];
}

namespace tailrace::server {
namespace {

constexpr std::string_view kFirstLine = "tailrace console 1";

// Cuts what stands before `end` off the front of `text`, and `end` too. Nullopt: `end` is not there.
std::optional<std::string_view> TakeUntil(std::string_view& text, char end) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

std::optional<size_t> Number(std::string_view text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Entry {
  std::string_view name;
  std::string_view content_type;
  std::string_view tag;
  size_t offset = 0;
  size_t length = 0;
};

std::optional<Entry> ReadEntry(std::string_view line) {
  const auto name = TakeUntil(line, '\t');
  const auto content_type = TakeUntil(line, '\t');
  const auto tag = TakeUntil(line, '\t');
  const auto offset = TakeUntil(line, '\t');
  if (!name || !content_type || !tag || !offset) return std::nullopt;
  const auto start = Number(*offset);
  const auto length = Number(line);
  if (!start || !length) return std::nullopt;
  return Entry{*name, *content_type, *tag, *start, *length};
}

}  // namespace

Result<ConsolePack> ConsolePack::Read(std::string_view pack) {
  if (TakeUntil(pack, '\n') != kFirstLine) return Fail(Error::Corruption("the pack of the console does not begin as one"));
  std::map<std::string_view, Entry> entries;
  for (;;) {
    const auto line = TakeUntil(pack, '\n');
    if (!line) return Fail(Error::Corruption("the pack of the console ends within its list of files"));
    if (line->empty()) break;
    const auto entry = ReadEntry(*line);
    if (!entry) return Fail(Error::Corruption("the pack of the console has a line that is none: " + std::string(*line)));
    entries[entry->name] = *entry;
  }
  ConsolePack read;
  for (const auto& [name, entry] : entries) {
    if (entry.offset > pack.size() || entry.length > pack.size() - entry.offset) {
      return Fail(Error::Corruption("the pack of the console ends before " + std::string(name)));
    }
    read.files_[name] = {entry.content_type, entry.tag, pack.substr(entry.offset, entry.length)};
  }
  return read;
}

const ConsoleFile* ConsolePack::Find(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

std::string_view EmbeddedConsolePack() {
  return {tailrace_console_pack_begin, static_cast<size_t>(tailrace_console_pack_end - tailrace_console_pack_begin)};
}

}  // namespace tailrace::server
