// Server-sent events, taken apart as they come (the `text/event-stream` format of the HTML standard).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tailrace::app {

struct ServerEvent {
  std::string name;  // empty: "message"
  std::string id;
  std::string data;  // several lines with line breaks between them
};

// Threads: one at a time.
class ServerEvents {
 public:
  // Calls `take` for each event that `bytes` completes; false when `take` wants no more.
  bool Feed(std::string_view bytes, const std::function<bool(const ServerEvent&)>& take);

 private:
  void TakeLine(std::string_view line);

  std::string unfinished_;
  ServerEvent event_;
  bool has_data_ = false;
};

}  // namespace tailrace::app
