// `postgresql://user:password@host:5432/database`, as people have it from their provider.
#pragma once

#include <string>
#include <string_view>

#include "config/spec_database.h"

namespace tailrace::config {

// What the text says is put into `address`. Returns what is wrong with it, never a part of it, for it may hold a
// password; empty when nothing is.
std::string ParseDatabaseUrl(std::string_view text, DatabaseEngine engine, DatabaseAddressSpec* address);

// A host of this machine, or a socket.
bool IsThisMachine(std::string_view host);

// `2s` or `0..2s`.
bool ParsePause(std::string_view text, PauseSpec* pause);
bool IsPause(std::string_view text);
inline constexpr std::string_view kPausePattern =
    "^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))(\\.\\.[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))?$";

}  // namespace tailrace::config
