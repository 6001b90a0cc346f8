// Requests that this program makes of other servers: polls, webhooks, steps of jobs.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace {

// Texts that no message shows of an address, longest first. Null: none.
using HiddenTexts = std::shared_ptr<const std::vector<std::string>>;

struct OutboundHeader {
  std::string name;
  std::string value;
  bool secret = false;  // not sent on when the peer redirects to another origin
};

struct OutboundRequest {
  std::string method = "GET";
  std::string url;  // http or https, percent-encoded. May hold a secret: no error shows more than its origin and path
  std::vector<OutboundHeader> headers;
  std::string body;
  bool allow_private = false;                          // loopback, private and shared addresses; link-local ones never
  int redirects_max = 5;                               // 0: a redirect is the answer
  int tries_max = 4;                                   // the first one counts
  std::chrono::milliseconds timeout{30'000};           // of one try with its redirects, from the name's look-up to the last byte
  std::chrono::milliseconds connect_timeout{10'000};   // within it, for each redirect
  std::chrono::milliseconds retry_delay{1'000};        // before the second try, about; twice that before the third, and so on
  size_t answer_bytes_max = size_t{16} << 20;          // of the body, as unpacked
  HiddenTexts hidden = nullptr;
};

struct OutboundAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in their order
  std::string body;                                          // unpacked
  std::string url;                                           // that it came from, after redirects
  HiddenTexts hidden = nullptr;                              // of the request

  // The first of that name; empty when there is none.
  std::string_view Header(std::string_view lower_case_name) const;
};

// Threads: thread-safe.
// Errors:  kUnavailable = nobody answered, or not in time, or not to the end; whether the peer has acted is unknown.
//          kInvalid = trying again does not help: the address may not be asked, the request cannot be sent, the peer's
//          certificate is not its own, or the answer is longer than allowed, redirected too often, or no HTTP.
//          kCancelled = `stop`. An answer of any status is no error.
class OutboundHttp {
 public:
  virtual ~OutboundHttp() = default;
  virtual Result<OutboundAnswer> Send(const OutboundRequest& request, const std::stop_token& stop) = 0;
};

// Scheme, host, port and path of an address, what is hidden of the path as `…`: what errors and the log may show.
std::string ShownAddress(std::string_view url, const HiddenTexts& hidden = nullptr);

}  // namespace tailrace
