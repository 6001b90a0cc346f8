#include "notify/email.h"

#include <gtest/gtest.h>

namespace tailrace::notify {
namespace {

constexpr WallTime kNow{1'488'520'799'000'000};  // 2017-03-03T05:59:59Z

EmailOptions Options() {
  EmailOptions options;
  options.from = "tailrace@example.org";
  options.to = {"ops@example.org", "boss@example.org"};
  return options;
}

std::string Header(const std::string& text, const std::string& name) {
  const size_t begin = text.find("\r\n" + name + ": ") + name.size() + 4;
  return text.substr(begin, text.find("\r\n", begin) - begin);
}

TEST(EmailText, HasTheHeadersThatMailServersAskFor) {
  const std::string text = EmailText(Options(), {"12 sales", "all well"}, kNow, 0xab);
  EXPECT_TRUE(text.starts_with("Date: Fri, 03 Mar 2017 05:59:59 +0000\r\n")) << text;
  EXPECT_EQ(Header(text, "From"), "tailrace@example.org");
  EXPECT_NE(text.find("\r\nTo: ops@example.org,\r\n boss@example.org\r\n"), std::string::npos) << text;
  EXPECT_EQ(Header(text, "Subject"), "12 sales");
  EXPECT_EQ(Header(text, "Message-ID"), "<00000000000000ab.1488520799000000@tailrace>");
  EXPECT_EQ(Header(text, "Auto-Submitted"), "auto-generated");
  EXPECT_TRUE(text.ends_with("\r\n\r\nYWxsIHdlbGw=\r\n")) << text;
}

TEST(EmailText, NoTextCanAddAHeaderOrALineOfItsOwn) {
  const std::string text = EmailText(Options(), {"a\r\nBcc: all@example.org", ".\r\nQUIT\r\n"}, kNow, 1);
  EXPECT_EQ(text.find("Bcc"), std::string::npos) << text;
  EXPECT_EQ(text.find("QUIT"), std::string::npos) << text;
}

TEST(EmailText, WhatIsNotAsciiIsInEncodedWordsThatEndBetweenCharacters) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "ü€";
  const std::string text = EmailText(Options(), {subject, ""}, kNow, 1);
  const size_t begin = text.find("Subject: ") + 9;
  const std::string header = text.substr(begin, text.find("\r\nMessage-ID") - begin);
  size_t words = 0;
  for (size_t at = header.find("=?UTF-8?B?"); at != std::string::npos; at = header.find("=?UTF-8?B?", at + 1)) {
    const size_t end = header.find("?=", at);
    EXPECT_LE(end + 2 - at, 75U);
    // Each word of whole characters begins with ü (0xC3) or the euro sign (0xE2).
    EXPECT_TRUE(header[at + 10] == 'w' || header[at + 10] == '4') << header.substr(at, 20);
    ++words;
  }
  EXPECT_GE(words, 5U);
}

TEST(EmailText, ALongTextHasShortLines) {
  const std::string text = EmailText(Options(), {"s", std::string(100'000, 'x')}, kNow, 1);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find("\r\n", begin);
    ASSERT_NE(end, std::string::npos);
    ASSERT_LE(end - begin, 998U);
    begin = end + 2;
  }
}

}  // namespace
}  // namespace tailrace::notify
