// How a field of a schema wants a time to be written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/schema.h"
#include "model/time_format.h"

namespace tailrace {

// Values: copyable. Threads: Append may run in many at once.
class TimeSpelling {
 public:
  // Of a field that is a date or a timestamp; of any other it has nothing to say.
  static TimeSpelling Of(const Type& type);

  // Appends the time as a JSON value in the field's own format or unit. False, and nothing is appended, when the field
  // has neither, or would lose a part of the time: it is then for the schema to refuse.
  bool Append(int64_t micros, std::string* out) const;

 private:
  std::optional<TimeFormat> format_;
  TimeUnit unit_ = TimeUnit::kNone;
  bool is_date_ = false;  // the format is of dates
};

}  // namespace tailrace
