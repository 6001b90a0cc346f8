// POST /backup: a copy of the data folder, made while the server goes on.
#pragma once

#include "server/http/router.h"
#include "server/services.h"

namespace tailrace::server {

// The services are borrowed.
RouteSpec BackupRoute(const Services& services);

}  // namespace tailrace::server
