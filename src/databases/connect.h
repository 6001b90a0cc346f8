// The kinds of databases there are; for database.cc alone.
#pragma once

#include <memory>

#include "databases/database.h"

namespace tailrace {

Result<std::unique_ptr<Database>> ConnectPostgres(const DatabaseAddress& address);
Result<std::unique_ptr<Database>> ConnectMysql(const DatabaseAddress& address);

// A peer that is gone without a word is noticed within this time, and what waits for it comes back.
inline constexpr int kPeerSilenceSeconds = 60;
void WatchPeer(int socket);

// The authorities that the machine trusts, as one file.
inline constexpr const char* kMachineAuthorities = "/etc/ssl/certs/ca-certificates.crt";

}  // namespace tailrace
