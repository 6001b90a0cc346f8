// Tells people something: by e-mail, into a chat, into the log.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"

namespace tailrace {

struct Notification {
  std::string subject;  // one line
  std::string text;
};

// Threads:   thread-safe.
// Errors:    kUnavailable = could not be delivered now, try again (it may have been); kInvalid = will never be taken; kCancelled = stopped.
//            No error shows a secret.
class Notifier {
 public:
  virtual ~Notifier() = default;

  // Returns once the other side has taken it.
  virtual Status Send(const Notification& notification, std::stop_token stop) = 0;
};

}  // namespace tailrace
