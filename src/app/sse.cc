#include "app/sse.h"

#include <utility>

namespace tailrace::app {

void ServerEvents::TakeLine(std::string_view line) {
  const size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") event_.name = value;
  if (field == "id") event_.id = value;
  if (field != "data") return;
  if (has_data_) event_.data += '\n';
  event_.data += value;
  has_data_ = true;
}

bool ServerEvents::Feed(std::string_view bytes, const std::function<bool(const ServerEvent&)>& take) {
  unfinished_ += bytes;
  size_t from = 0;
  bool more = true;
  for (size_t end = unfinished_.find('\n'); more && end != std::string::npos; end = unfinished_.find('\n', from)) {
    std::string_view line = std::string_view(unfinished_).substr(from, end - from);
    if (line.ends_with('\r')) line.remove_suffix(1);
    from = end + 1;
    if (!line.empty()) {
      TakeLine(line);
      continue;
    }
    const ServerEvent event = std::exchange(event_, {});
    if (std::exchange(has_data_, false)) more = take(event);
  }
  unfinished_.erase(0, from);
  return more;
}

}  // namespace tailrace::app
