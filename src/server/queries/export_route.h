// POST /export: the answer of a query as files of the server's machine.
#pragma once

#include "server/exports.h"
#include "server/http/router.h"

namespace tailrace::server {

// Null: nothing is exported, and who asks is told so. Borrowed.
RouteSpec ExportRoute(Exports* exports);

}  // namespace tailrace::server
