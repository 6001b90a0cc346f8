#include "http_client/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace tailrace::http_client {
namespace {

using Bytes16 = std::array<uint8_t, 16>;

struct Range4 {
  uint32_t prefix;
  int bits;
  AddressKind kind;
};

constexpr uint32_t Ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }

// IANA's registry of special-purpose addresses, as far as it names what is not another's public server.
constexpr Range4 kRanges4[] = {
    {Ip(169, 254, 0, 0), 16, AddressKind::kNever},   // link-local
    {Ip(192, 0, 0, 0), 24, AddressKind::kNever},     // protocol assignments; a cloud's metadata service is there too
    {Ip(224, 0, 0, 0), 3, AddressKind::kNever},      // multicast, reserved, broadcast
    {Ip(0, 0, 0, 0), 8, AddressKind::kPrivate},      // this host
    {Ip(127, 0, 0, 0), 8, AddressKind::kPrivate},    // loopback
    {Ip(10, 0, 0, 0), 8, AddressKind::kPrivate},
    {Ip(172, 16, 0, 0), 12, AddressKind::kPrivate},
    {Ip(192, 168, 0, 0), 16, AddressKind::kPrivate},
    {Ip(100, 64, 0, 0), 10, AddressKind::kPrivate},  // shared by a carrier's customers
    {Ip(198, 18, 0, 0), 15, AddressKind::kPrivate},  // benchmarks
};

AddressKind KindOf4(uint32_t address) {
  for (const Range4& range : kRanges4) {
    if ((address ^ range.prefix) >> (32 - range.bits) == 0) return range.kind;
  }
  return AddressKind::kPublic;
}

uint32_t Ipv4At(const Bytes16& address, size_t at) { return Ip(address[at], address[at + 1], address[at + 2], address[at + 3]); }

bool Begins(const Bytes16& address, std::span<const uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

AddressKind KindOf6(const Bytes16& address) {
  constexpr uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr uint8_t kNat64[] = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr uint8_t kNat64Local[] = {0, 0x64, 0xff, 0x9b, 0, 1};
  constexpr uint8_t kSixToFour[] = {0x20, 0x02};
  constexpr uint8_t kTeredo[] = {0x20, 0x01, 0, 0};
  constexpr uint8_t kZeros[12] = {};
  constexpr uint8_t kAwsMetadata[] = {0xfd, 0, 0x0e, 0xc2};
  if (Begins(address, kMapped) || Begins(address, kNat64)) return KindOf4(Ipv4At(address, 12));
  if (Begins(address, kSixToFour)) return KindOf4(Ipv4At(address, 2));
  if (Begins(address, kNat64Local) || Begins(address, kTeredo) || Begins(address, kAwsMetadata)) return AddressKind::kNever;
  if (Begins(address, kZeros)) {  // ::, ::1, and IPv4 addresses in the form that was given up
    return Ipv4At(address, 12) <= 1 ? AddressKind::kPrivate : KindOf4(Ipv4At(address, 12));
  }
  if (address[0] == 0xff) return AddressKind::kNever;                                // multicast
  if (address[0] == 0xfe) return (address[1] & 0xc0) == 0xc0 ? AddressKind::kPrivate   // site-local
                                                             : AddressKind::kNever;    // link-local
  if ((address[0] & 0xfe) == 0xfc) return AddressKind::kPrivate;                     // unique local
  return AddressKind::kPublic;
}

}  // namespace

AddressKind KindOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    return KindOf4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    Bytes16 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return KindOf6(bytes);
  }
  return AddressKind::kNever;
}

std::string TextOf(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (address.sa_family == AF_INET) {
    std::memcpy(&v4, &address, sizeof(v4));
    bytes = &v4.sin_addr;
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(&v6, &address, sizeof(v6));
    bytes = &v6.sin6_addr;
  }
  if (bytes == nullptr || inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr) return "an unknown kind of address";
  return text.data();
}

}  // namespace tailrace::http_client
