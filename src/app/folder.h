// A pipeline's data folder, opened by a command for its own use; and what to say when a server has it.
#pragma once

#include <memory>
#include <stop_token>

#include "app/http_client.h"
#include "app/runtime.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// Takes the folder's lock. Not started: nothing is fed, served or read. kConflict: another process holds it.
Result<std::unique_ptr<Runtime>> OpenFolder(config::Pipeline pipeline);

// Started, and all that is kept has caught up with the log.
Result<std::unique_ptr<Runtime>> OpenFolderCaughtUp(config::Pipeline pipeline, const std::stop_token& stop);

// kUnavailable: the folder is held, and who answers for it cannot be asked.
Error NobodyToAsk(const Error& held, const Error& asked);

// Success when a server answers `client`. NobodyToAsk when none does.
Status FindServer(HttpClient& client, const Error& held, const std::stop_token& stop);

}  // namespace tailrace::app
