// The HTTP server of a pipeline: doors for records and every kind of read, on one address.
//
//   TR_TRY(auto server, Server::Create(services, options));
//   TR_RETURN_IF_ERROR(server->Start());
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "server/exports.h"
#include "server/settings.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

// Threads:   Start and Stop from one thread. Stop twice is fine.
// Ownership: must end after EventLog::Stop has returned (the log still holds its waiters when a stop ran out of patience) and after the
//            engine has stopped (progress still tells of commits), but before what Services refers to.
class Server {
 public:
  // Subscribes to the log and to progress, so before the first append. kInvalid: two parts of the pipeline file want the same
  // route, or an address beyond loopback without `auth: none`.
  // `exports` and `settings` are borrowed; null: none are made, and there are none to be had.
  static Result<std::unique_ptr<Server>> Create(const Services& services, const ServerOptions& options, Exports* exports = nullptr,
                                                Settings* settings = nullptr);
  ~Server();

  // kUnavailable: the address cannot be listened on.
  Status Start();

  // Takes no more connections, finishes the requests that are here (up to Limits::stop_grace), ends the threads.
  void Stop();

  // Once started.
  uint16_t port() const;
  std::string address() const;  // "127.0.0.1:7070"

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tailrace::server
