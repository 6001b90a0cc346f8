#include "server/http/listen_address.h"

#include "server/http/loopback_host.h"

namespace tailrace::server {

Result<boost::asio::ip::address> ParseListenHost(const std::string& host) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return Fail(Error::Invalid("\"" + host + "\" is not an IP address to listen on"));
  return address;
}

Result<bool> IsLoopbackHost(const std::string& host) {
  TR_TRY(const auto address, ParseListenHost(host));
  return address.is_loopback();
}

}  // namespace tailrace::server
