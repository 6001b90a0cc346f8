// POST /rebuild/{name}: a table, a collection or stored rows computed anew from the log while all goes on. The answer is a stream of
// server-sent events, so that progress is seen, and so that leaving stops it:
//
//   event: progress
//   data: {"rows":120000,"of":541909,"rows_per_second":98000}
//   event: done       or: failed, with {"error":{"code","message"}}
//   data: {"name":"revenue","rows":541909,"seconds":5.1}
#pragma once

#include "server/http/exchange.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: Open on the loop of its exchange.
class RebuildDoor {
 public:
  explicit RebuildDoor(const Services& services) : services_(services) {}

  void Open(const ExchangePtr& exchange);

 private:
  const Services& services_;
};

}  // namespace tailrace::server
