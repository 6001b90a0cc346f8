// The IP address that a host to listen on stands for. For this folder: it shows Asio.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <string>

#include "base/result.h"

namespace tailrace::server {

// kInvalid: no IP address and not localhost.
Result<boost::asio::ip::address> ParseListenHost(const std::string& host);

}  // namespace tailrace::server
