// Whether a host to listen on can be reached from other machines.
#pragma once

#include <string>

#include "base/result.h"

namespace tailrace::server {

// Whether an address is on loopback: reachable from this machine only. kInvalid: no IP address and not localhost.
Result<bool> IsLoopbackHost(const std::string& host);

}  // namespace tailrace::server
