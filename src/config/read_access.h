// For read_server.cc alone.
#pragma once

#include "config/reading.h"

namespace tailrace::config {

// `body` is what `server` stands for.
void ReadAccess(const Node& body, Reading& reading);

}  // namespace tailrace::config
