#include "config/database_address.h"

#include <charconv>
#include <optional>

#include "config/quantity.h"

namespace tailrace::config {
namespace {

constexpr uint16_t kPostgresPort = 5432;
constexpr uint16_t kMysqlPort = 3306;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nullopt: a `%` without two digits.
std::optional<std::string> Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool TakeScheme(std::string_view* text, DatabaseEngine engine) {
  static constexpr std::string_view kPostgres[] = {"postgresql://", "postgres://"};
  static constexpr std::string_view kMysql[] = {"mysql://", "mariadb://"};
  for (const std::string_view scheme : engine == DatabaseEngine::kPostgres ? kPostgres : kMysql) {
    if (!text->starts_with(scheme)) continue;
    text->remove_prefix(scheme.size());
    return true;
  }
  return false;
}

// `user[:password]@`, which goes up to the last @ before the host.
bool TakeUser(std::string_view* text, DatabaseAddressSpec* address) {
  const size_t at = text->substr(0, text->find('/')).rfind('@');
  if (at == std::string_view::npos) return true;
  const std::string_view both = text->substr(0, at);
  const size_t colon = both.find(':');
  const auto user = Unescaped(both.substr(0, colon));
  const auto password = colon == std::string_view::npos ? std::string() : Unescaped(both.substr(colon + 1));
  if (!user || !password) return false;
  address->user = *user;
  if (colon != std::string_view::npos) address->password = *password;
  text->remove_prefix(at + 1);
  return true;
}

// `host[:port]` with `[::1]` for an address of IPv6.
bool TakeHost(std::string_view host, DatabaseAddressSpec* address) {
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    if (close == std::string_view::npos) return false;
    port = host.substr(close + 1);
    host = host.substr(1, close - 1);
  } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  address->host = std::string(host);
  if (port.empty()) return true;
  const auto parsed = std::from_chars(port.data() + 1, port.data() + port.size(), address->port);
  return port[0] == ':' && parsed.ec == std::errc() && parsed.ptr == port.data() + port.size() && address->port > 0;
}

}  // namespace

std::string ParseDatabaseUrl(std::string_view text, DatabaseEngine engine, DatabaseAddressSpec* address) {
  const bool postgres = engine == DatabaseEngine::kPostgres;
  const std::string form = postgres ? "postgresql://USER@HOST:PORT/DATABASE" : "mysql://USER@HOST:PORT/DATABASE";
  address->port = postgres ? kPostgresPort : kMysqlPort;
  if (!TakeScheme(&text, engine)) return "an address of this kind looks like " + form;
  std::string_view query;
  if (const size_t mark = text.find('?'); mark != std::string_view::npos) {
    query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const std::string escape = "a special character of a user, password or name is written as %40 (here @)";
  if (!TakeUser(&text, address)) return escape;
  const size_t slash = text.find('/');
  const auto database = slash == std::string_view::npos ? std::string() : Unescaped(text.substr(slash + 1));
  if (!database) return escape;
  address->database = *database;
  if (!TakeHost(text.substr(0, slash), address)) return "the host and port are wrong; the form is " + form;
  if (query.starts_with("host=/") || query.starts_with("host=%2F") || query.starts_with("host=%2f")) {
    const auto socket = Unescaped(query.substr(std::string_view("host=").size()));
    if (!socket) return escape;
    address->host = *socket;
  } else if (!query.empty()) {
    return "after the ? only host=/FOLDER (a socket) can stand; TLS is set by the key `tls`";
  }
  if (address->host.empty()) return "there is no host in it; the form is " + form;
  if (address->database.empty()) return "there is no database in it; the form is " + form;
  return "";
}

bool IsThisMachine(std::string_view host) {
  return host.starts_with('/') || host == "localhost" || host.starts_with("127.") || host == "::1";
}

bool ParsePause(std::string_view text, PauseSpec* pause) {
  const size_t points = text.find("..");
  const std::string_view first = text.substr(0, points);
  const auto min = first == "0" ? std::optional<int64_t>(0) : ParseDuration(first);
  const auto max = points == std::string_view::npos ? min : ParseDuration(text.substr(points + 2));
  constexpr int64_t kPauseMsMax = int64_t{24} * 3600 * 1000;
  if (!min || !max || *min > *max || *max > kPauseMsMax) return false;
  *pause = {std::chrono::milliseconds(*min), std::chrono::milliseconds(*max)};
  return true;
}

bool IsPause(std::string_view text) {
  PauseSpec pause;
  return ParsePause(text, &pause);
}

}  // namespace tailrace::config
