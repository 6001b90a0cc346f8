#include "databases/database.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "databases/connect.h"

namespace tailrace {

std::string DatabaseAddress::Shown() const {
  const char* scheme = kind == DatabaseKind::kPostgres ? "postgresql" : "mysql";
  if (is_socket()) return fmt::format("{}:{}, database {}", scheme, host, database);
  return fmt::format("{}://{}:{}/{}", scheme, host, port, database);
}

Result<std::unique_ptr<Database>> ConnectDatabase(const DatabaseAddress& address) {
  return address.kind == DatabaseKind::kPostgres ? ConnectPostgres(address) : ConnectMysql(address);
}

std::string QuoteTable(const Database& database, std::string_view table) {
  size_t point = table.find('.');
  if (point == std::string_view::npos) return database.QuoteName(table);
  return database.QuoteName(table.substr(0, point)) + "." + database.QuoteName(table.substr(point + 1));
}

// Settings that a socket does not know (one of Unix) change nothing.
void WatchPeer(int socket) {
  constexpr int kIdleSeconds = 15;
  constexpr int kProbes = 3;
  const int on = 1;
  const int between = (kPeerSilenceSeconds - kIdleSeconds) / kProbes;
  const int silence_ms = kPeerSilenceSeconds * 1000;
  (void)::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof kIdleSeconds);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &between, sizeof between);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
}

}  // namespace tailrace
