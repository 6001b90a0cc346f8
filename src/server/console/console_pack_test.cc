#include "server/console/console_pack.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace::server {
namespace {

const std::string kHead = "tailrace console 1\n";

TEST(ConsolePackTest, FilesAreFoundByTheirNames) {
  const std::string pack = kHead + "a.js\ttext/javascript\tt1\t0\t3\nindex.html\ttext/html\tt2\t3\t2\n\nabcde";
  const auto read = ConsolePack::Read(pack);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  ASSERT_EQ(read->size(), 2u);
  ASSERT_NE(read->Find("index.html"), nullptr);
  EXPECT_EQ(read->Find("index.html")->content_type, "text/html");
  EXPECT_EQ(read->Find("index.html")->tag, "t2");
  EXPECT_EQ(read->Find("index.html")->gzip, "de");
  EXPECT_EQ(read->Find("a.js")->gzip, "abc");
  EXPECT_EQ(read->Find("b.js"), nullptr);
}

TEST(ConsolePackTest, WhatIsNoPackIsRefused) {
  for (const std::string& bad : {
           std::string(), std::string("tailrace console 2\n\n"), std::string("tailrace console 1"), kHead, kHead + "a.js\tt\tt1\t0\t3\n",
           kHead + "a.js\tt\tt1\t0\n\nabc", kHead + "a.js\tt\tt1\t0\tx\n\nabc", kHead + "a.js\tt\tt1\t-1\t3\n\nabc",
           kHead + "a.js\tt\tt1\t0\t4\n\nabc", kHead + "a.js\tt\tt1\t4\t0\n\nabc", kHead + "a.js\tt\tt1\t1\t18446744073709551615\n\nabc",
       }) {
    const auto read = ConsolePack::Read(bad);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  }
}

TEST(ConsolePackTest, TheProgramCarriesAConsole) {
  const auto read = ConsolePack::Read(EmbeddedConsolePack());
  ASSERT_TRUE(read.has_value()) << read.error().message();
  ASSERT_NE(read->Find("index.html"), nullptr);
  EXPECT_GT(read->size(), 3u);
}

}  // namespace
}  // namespace tailrace::server
