// Texts with times and names to fill in: `lake/{due+30d:%Y-%m-%d}/{name}.parquet`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "schedule/time_zone.h"

namespace tailrace::schedule {

inline constexpr size_t kTemplateBytesMax = 1 << 20;

// What `{...}` stand for.
struct TemplateValues {
  std::map<std::string, WallTime, std::less<>> times;      // due, from, to, ...
  std::map<std::string, std::string, std::less<>> texts;
  TimeZone zone;                                           // of the times with a format
};

// `{name}` is a text or a time; `{due+30d:%Y-%m-%d}` a time, moved and written by a format of strftime. Moves: s, m, h (so long a time), d, w
// (so many days by the calendar of the zone, at the same time of day), mo, y (so many months; the 31st becomes the last). Formats:
// %Y %m %d %H %M %S %y %j %b %B %a %A %e %F %T %s %L (milliseconds) %z %%. A time without a format is RFC 3339 in UTC. `{{` and `}}` are braces.
// Threads: a value.
class Template {
 public:
  // kInvalid: what is wrong, with the byte where, from 1.
  static Result<Template> Parse(std::string_view text);

  // The names between braces that must be times (they are moved or have a format), and all others; each once, in order.
  std::vector<std::string> TimeNames() const { return Names(true); }
  std::vector<std::string> PlainNames() const { return Names(false); }

  // kInvalid: a name that has no value.
  Result<std::string> Render(const TemplateValues& values) const;

 private:
  struct Move {
    int64_t seconds = 0;
    int64_t days = 0;
    int64_t months = 0;
  };
  struct Slot {
    std::string name;
    Move move;
    std::string format;
    bool is_time = false;
  };
  using Part = std::variant<std::string, Slot>;

  static Result<Slot> ParseSlot(std::string_view text);
  static Status ParseMove(std::string_view text, Move* move);
  // Nullopt: out of the years 1 to 9999.
  static std::optional<WallTime> Moved(WallTime time, const Move& move, const TimeZone& zone);
  std::vector<std::string> Names(bool is_time) const;

  std::vector<Part> parts_;
};

// A time by a format of strftime, as above. kInvalid: a letter that is not one of them.
Result<std::string> FormatTime(WallTime time, std::string_view format, const TimeZone& zone);

}  // namespace tailrace::schedule
