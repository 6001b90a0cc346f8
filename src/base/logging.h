// Lines for the operator, on stderr: one event a line, as key=value pairs.
//
//   LogInfo("listening", {{"address", "127.0.0.1:7070"}});
//   2026-01-31T12:00:00.123Z level=info event=listening address=127.0.0.1:7070
#pragma once

#include <fmt/format.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"

namespace tailrace {

enum class LogLevel { kInfo, kWarning, kError, kOff };

// Lines below this level are not written. At the start: kInfo.
void SetLogLevel(LogLevel level);

struct LogField {
  template <typename T>
  LogField(std::string_view field_key, const T& field_value) : key(field_key), value(fmt::format("{}", field_value)) {}

  std::string_view key;
  std::string value;
};

// `event` is short and always the same for the same event; what varies goes into the fields. Secrets go nowhere.
// Threads: thread-safe; lines of two threads are never mixed.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

inline void LogInfo(std::string_view event, std::initializer_list<LogField> fields = {}) { Log(LogLevel::kInfo, event, fields); }
inline void LogWarning(std::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(std::string_view event, std::initializer_list<LogField> fields = {}) { Log(LogLevel::kError, event, fields); }

// The line without its end; values with spaces, quotes or control characters are quoted. For the log and its tests.
std::string FormatLogLine(WallTime now, LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

}  // namespace tailrace
