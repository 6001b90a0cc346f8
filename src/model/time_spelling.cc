#include "model/time_spelling.h"

#include "model/json_text.h"
#include "model/times.h"

namespace tailrace {
namespace {

int64_t MicrosPer(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds:
      return kMicrosPerSecond;
    case TimeUnit::kMillis:
      return 1000;
    case TimeUnit::kMicros:
    case TimeUnit::kNone:
      break;
  }
  return 1;
}

}  // namespace

TimeSpelling TimeSpelling::Of(const Type& type) {
  TimeSpelling spelling;
  spelling.unit_ = type.unit;
  spelling.is_date_ = type.kind == TypeKind::kDate;
  if (type.format.empty()) return spelling;
  Result<TimeFormat> format = TimeFormat::Compile(type.format);
  if (format) spelling.format_ = std::move(*format);
  return spelling;
}

bool TimeSpelling::Append(int64_t micros, std::string* out) const {
  if (format_) {
    std::string text;
    format_->Append(micros, &text);
    if (is_date_ || format_->ParseTimestamp(text) == micros) {
      AppendJsonString(text, out);
      return true;
    }
  }
  if (unit_ == TimeUnit::kNone || micros % MicrosPer(unit_) != 0) return false;
  *out += std::to_string(micros / MicrosPer(unit_));
  return true;
}

}  // namespace tailrace
