// http and https addresses that the program asks by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "app/http_client.h"
#include "base/result.h"

namespace tailrace::app {

struct WebAddress {
  bool tls = false;
  std::string host;     // without brackets
  uint16_t port = 0;
  std::string target;   // path and query
};

// kInvalid: no such address, or one with a user's name in it.
Result<WebAddress> ParseWebAddress(std::string_view text);

std::unique_ptr<HttpClient> ClientOf(const WebAddress& address);

}  // namespace tailrace::app
