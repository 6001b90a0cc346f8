// What the commands over keys print.
#pragma once

#include <string>

#include "app/console.h"
#include "control/key_store.h"

namespace tailrace::app {

// The key alone on stdout, so that a script can take it; what it is on stderr.
void ShowIssuedKey(const control::IssuedKey& issued, bool json, Console& console);

// "2026-02-01T06:00:00Z"
std::string TimeText(int64_t time_ms);

// "valid", "expired", "revoked", "damaged"
std::string_view KeyState(const control::KeyRecord& record, int64_t now_ms);

// A JSON object, without the key's text.
std::string KeyJson(const control::KeyRecord& record, int64_t now_ms);

}  // namespace tailrace::app
