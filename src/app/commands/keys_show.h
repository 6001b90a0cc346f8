// What the commands over keys print.
#pragma once

#include "app/console.h"
#include "control/key_store.h"

namespace tailrace::app {

// The key alone on stdout, so that a script can take it; what it is on stderr.
void ShowIssuedKey(const control::IssuedKey& issued, bool json, Console& console);
}  // namespace tailrace::app
