// A record of the log as a line of JSON, and back: docs/formats/lake.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ports/event_log.h"

namespace tailrace::lake {

struct RawLine {
  int64_t offset = 0;
  int64_t seq = 0;
  int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::string value;
};

// Appends the line with its end. The record's own bytes stand in it as they are, where they are JSON on one line; else in hexadecimal digits.
void AppendRawLine(const LogRecord& record, int64_t timestamp_ms, std::string* out);

// `line` is without its end. kCorruption: it is not one that AppendRawLine wrote.
Result<RawLine> ParseRawLine(std::string_view line);

}  // namespace tailrace::lake
