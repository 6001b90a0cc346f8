// Where the server listens and keeps its data.
#include <charconv>

#include "config/limit_keys.h"
#include "config/quantity.h"
#include "config/read_access.h"
#include "config/reading.h"
#include "config/scalar.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kDefaultData = ".tailrace";
constexpr int kPortMax = 65535;
constexpr size_t kHostBytesMax = 253;

struct Address {
  std::string host;
  uint16_t port = 0;
};

// HOST:PORT or [IPV6]:PORT; nullopt for anything else.
std::optional<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') != host.ends_with(']')) return std::nullopt;
  if (host.starts_with('['))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return std::nullopt;
  if (host.empty() || host.size() > kHostBytesMax || host.find_first_of(" /") != std::string_view::npos)
    return std::nullopt;
  int port = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 0 || port > kPortMax) return std::nullopt;
  return Address{std::string(host), static_cast<uint16_t>(port)};
}

// Digits and dots only, so that no name that begins with 127. passes for loopback.
bool IsLoopback(std::string_view host) {
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (is_ipv4 && host.starts_with("127."));
}

std::string UnitName(LimitUnit unit) {
  return unit == LimitUnit::kCount ? "a number" : unit == LimitUnit::kMilliseconds ? "a duration" : "a size";
}

// A value whose form has been checked. Nullopt: out of its bounds, which was told.
std::optional<int64_t> ReadQuantity(const Node& node, LimitUnit unit, int64_t min, int64_t max, Reading& reading) {
  const std::optional<int64_t> value = unit == LimitUnit::kCount          ? ReadInteger(node)
                                       : unit == LimitUnit::kMilliseconds ? ParseDuration(node.text)
                                                                          : ParseSize(node.text);
  if (!value) return std::nullopt;
  if (*value >= min && *value <= max) return value;
  reading.report.Error(node.begin, "expected " + UnitName(unit) + " from " + LimitText(unit, min) + " to " + LimitText(unit, max) +
                                       ", found " + Quoted(node.shown()));
  return std::nullopt;
}

void ReadLimits(const Node& server, Reading& reading) {
  ServerSpec& spec = reading.pipeline.server;
  if (const Node* memory = Find(server, "memory")) {
    spec.memory_bytes = ReadQuantity(*memory, LimitUnit::kBytes, kMemoryMin, kMemoryMax, reading).value_or(0);
  }
  const Node* limits = Find(server, "limits");
  if (limits == nullptr || limits->kind != NodeKind::kMapping) return;
  for (const LimitKey& key : LimitKeys()) {
    const Node* node = Find(*limits, key.name);
    if (node == nullptr) continue;
    if (const auto value = ReadQuantity(*node, key.unit, key.min, key.max, reading)) spec.limits.emplace(key.name, *value);
  }
}

}  // namespace

void ReadServer(const Node& root, Reading& reading) {
  ServerSpec& server = reading.pipeline.server;
  server.data = reading.Absolute(kDefaultData);
  const Node* body = Find(root, "server");
  if (body == nullptr || body->kind != NodeKind::kMapping) return;
  server.data = reading.Absolute(TextOr(*body, "data", kDefaultData));
  ReadLimits(*body, reading);
  ReadAccess(*body, reading);
  const Node* listen = Find(*body, "listen");
  if (listen == nullptr) return;
  const auto address = ParseAddress(listen->text);
  if (!address) {
    reading.report.Error(listen->begin, "expected an address such as 127.0.0.1:7070, found " + Quoted(listen->shown()));
    return;
  }
  server.host = address->host;
  server.port = address->port;
  if (IsLoopback(server.host)) return;
  if (server.auth_none) {
    reading.report.Warning(listen->begin, "whoever reaches this address may read and write everything (auth: none)");
  } else if (body->Find("auth") == nullptr && body->Find("jwt") == nullptr) {
    reading.report.Warning(listen->begin,
                           "the server starts on an address beyond loopback only when there is a key (tailrace keys add); "
                           "write auth: keys or jwt to say so, or auth: none to let everyone in");
  }
}

}  // namespace tailrace::config
