// Which addresses outgoing requests may reach. A pipeline file often comes from somebody else, and so do redirects and
// names: none of them may make this program ask what only its machine or its network can reach.
#pragma once

#include <string>

struct sockaddr;

namespace tailrace::http_client {

enum class AddressKind {
  kPublic,
  kPrivate,  // loopback, RFC 1918, RFC 6598, RFC 4193: asked only where the file allows it
  kNever,    // link-local (the metadata services of clouds), multicast, reserved, and what is no IP address
};

// IPv4 addresses inside IPv6 ones (RFC 4291 2.5.5, RFC 6052, RFC 3056) are what they hold.
AddressKind KindOf(const sockaddr& address);

// "127.0.0.1", "fe80::1".
std::string TextOf(const sockaddr& address);

}  // namespace tailrace::http_client
