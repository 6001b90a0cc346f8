// Whether there is a mail server at an address.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace tailrace::app {

// Connects and waits for its greeting (RFC 5321, 4.2: it begins with 220); with `tls_at_once` it is enough that somebody takes the connection.
// kUnavailable, with the address: nobody does within `timeout` (the look-up of the name apart), or he is no mail server.
Status ReachMailHost(const std::string& host, uint16_t port, bool tls_at_once, std::chrono::milliseconds timeout);

}  // namespace tailrace::app
