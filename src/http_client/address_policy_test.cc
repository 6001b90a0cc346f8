#include "http_client/address_policy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace tailrace::http_client {
namespace {

AddressKind Kind4(const char* text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  EXPECT_EQ(inet_pton(AF_INET, text, &address.sin_addr), 1) << text;
  EXPECT_EQ(TextOf(reinterpret_cast<const sockaddr&>(address)), text);
  return KindOf(reinterpret_cast<const sockaddr&>(address));
}

AddressKind Kind6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &address.sin6_addr), 1) << text;
  return KindOf(reinterpret_cast<const sockaddr&>(address));
}

TEST(AddressPolicy, TheMetadataOfCloudsIsNeverAsked) {
  for (const char* text : {"169.254.169.254", "169.254.0.0", "169.254.255.255", "192.0.0.192", "224.0.0.1", "255.255.255.255", "240.0.0.1"}) {
    EXPECT_EQ(Kind4(text), AddressKind::kNever) << text;
  }
  for (const char* text : {"fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
                           "::169.254.169.254", "64:ff9b:1::1", "2001::1"}) {
    EXPECT_EQ(Kind6(text), AddressKind::kNever) << text;
  }
}

TEST(AddressPolicy, WhatOnlyThisMachineOrNetworkReachesIsPrivate) {
  for (const char* text : {"127.0.0.1", "127.255.255.255", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "100.64.0.1", "100.127.255.255", "198.18.0.1"}) {
    EXPECT_EQ(Kind4(text), AddressKind::kPrivate) << text;
  }
  for (const char* text : {"::1", "::", "fc00::1", "fdff::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::7f00:1", "2002:7f00:1::",
                           "::10.0.0.1"}) {
    EXPECT_EQ(Kind6(text), AddressKind::kPrivate) << text;
  }
}

TEST(AddressPolicy, TheirNeighboursArePublic) {
  for (const char* text : {"169.253.255.255", "169.255.0.0", "1.0.0.0", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
                           "172.32.0.0", "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0", "223.255.255.255", "8.8.8.8"}) {
    EXPECT_EQ(Kind4(text), AddressKind::kPublic) << text;
  }
  for (const char* text : {"2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "fb00::1"}) {
    EXPECT_EQ(Kind6(text), AddressKind::kPublic) << text;
  }
}

TEST(AddressPolicy, WhatIsNoIpAddressIsNeverAsked) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_EQ(KindOf(reinterpret_cast<const sockaddr&>(address)), AddressKind::kNever);
}

}  // namespace
}  // namespace tailrace::http_client
