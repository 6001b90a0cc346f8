// Keeps web pages from reaching a server on loopback through the browser of whoever runs it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/request.h"

namespace tailrace::server {

inline constexpr std::string_view kForeignOrigin = "foreign_origin";

struct OriginFault {
  int status = 403;
  std::string_view code;
  std::string message;
  std::string hint;
};

// Nullopt when Host names this machine by a loopback name (or is missing in HTTP/1.0, where it may be) and Origin, if there is
// one, does too. A page of another site has its own Origin; one whose name was rebound to 127.0.0.1 has its own Host.
std::optional<OriginFault> ForeignOrigin(const Request& request, bool old_protocol);

// Whether a host, with or without a port, is this machine's own: localhost, 127.0.0.0/8, [::1].
bool IsLoopbackAuthority(std::string_view authority);

}  // namespace tailrace::server
