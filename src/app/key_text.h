// What is told of a key: by commands, and over HTTP.
#pragma once

#include <string>
#include <string_view>

#include "control/key_store.h"
#include "server/http/json_out.h"

namespace tailrace::app {

// "2026-02-01T06:00:00Z"
std::string TimeText(int64_t time_ms);

// "valid", "expired", "revoked", "damaged"
std::string_view KeyState(const control::KeyRecord& record, int64_t now_ms);

// The members of a key's object, without its text.
void WriteKey(server::JsonWriter& json, const control::KeyRecord& record, int64_t now_ms);

// A JSON object, without the key's text.
std::string KeyJson(const control::KeyRecord& record, int64_t now_ms);

// The same with it: shown once.
std::string IssuedKeyJson(const control::IssuedKey& issued);

}  // namespace tailrace::app
