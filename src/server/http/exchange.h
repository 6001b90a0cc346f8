// A request being answered, and the way back to its client.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "server/http/executor.h"
#include "server/http/reply.h"
#include "server/http/request.h"

namespace tailrace::server {

// Threads:   everything from the loop's thread; the request may be read from any until it is answered.
// Ownership: whoever holds a pointer may still answer; a client that has left is answered into the void.
class Exchange {
 public:
  virtual const Request& request() const = 0;
  virtual Executor& loop() = 0;

  // For how long the request may have been waiting for its loop to come to it, at most.
  virtual std::chrono::nanoseconds waited() const = 0;

  // Answers. Once.
  virtual void Send(Reply reply) = 0;

  // Requested when the client leaves before it has its answer. Makes the connection look out for that.
  virtual std::stop_token Gone() = 0;

  // Instead of Send: a body that goes on. `head.body` is its first part.
  virtual void BeginStream(Reply head) = 0;
  // False when the client has left. What it has not taken yet waits in memory: see unsent_bytes.
  virtual bool WriteStream(std::string_view bytes) = 0;
  virtual size_t unsent_bytes() const = 0;
  virtual void EndStream() = 0;

 protected:
  ~Exchange() = default;
};

using ExchangePtr = std::shared_ptr<Exchange>;

}  // namespace tailrace::server
