// Outgoing requests over libcurl.
#pragma once

#include <memory>
#include <string>

#include "ports/outbound_http.h"

namespace tailrace::http_client {

struct CurlHttpOptions {
  std::string user_agent = "tailrace";
  std::string ca_file;  // PEM; empty: the authorities that the machine knows
};

// One try for each Send (`tries_max` is not looked at): see retrying_http.h. HTTP/1.1, TLS from 1.2 on, gzip and deflate,
// no cookies, no proxy, no connection kept. Each address is checked when its socket is made, after redirects too, so a
// name that means another address the second time is no way round. A redirect keeps to https once it began so.
// 301, 302 and 303 turn what is no GET or HEAD into a GET without body, as browsers do; 307 and 308 repeat the request.
std::unique_ptr<OutboundHttp> NewCurlHttp(CurlHttpOptions options);

// Lines of an answer's header, all redirects together.
inline constexpr size_t kHeaderBytesMax = 64 << 10;

}  // namespace tailrace::http_client
