// Reading a file into a stream of a running server.
#pragma once

#include <stop_token>

#include "app/file_load.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// Reads the file here and sends its rows to the server, batch by batch, each with where it was read: what the server keeps of them is what
// it would keep had it read the file itself (engine::LoadDesk), and a load goes on where an earlier one was left, whichever of the two was
// killed. A server that goes away is waited for a while. Errors as LoadFile; kUnavailable: there is no server that can be asked.
Result<LoadResult> LoadIntoServer(const config::Pipeline& pipeline, const FileLoad& load, const LoadProgress& progress,
                                  const std::stop_token& stop);

}  // namespace tailrace::app
