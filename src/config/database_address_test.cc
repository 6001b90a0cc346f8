#include "config/database_address.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

std::string Shown(std::string_view url, DatabaseEngine engine) {
  DatabaseAddressSpec address;
  const std::string wrong = ParseDatabaseUrl(url, engine, &address);
  if (!wrong.empty()) return "wrong: " + wrong;
  return address.user + "|" + address.password + "|" + address.host + "|" + std::to_string(address.port) + "|" +
         address.database;
}

TEST(DatabaseAddressTest, UrlIsTakenApart) {
  const auto pg = DatabaseEngine::kPostgres;
  EXPECT_EQ(Shown("postgresql://ann:p%40ss%2F@db.example.org:6000/shop", pg), "ann|p@ss/|db.example.org|6000|shop");
  EXPECT_EQ(Shown("postgres://db/shop", pg), "||db|5432|shop");
  EXPECT_EQ(Shown("postgresql://ann@[::1]:5/shop", pg), "ann||::1|5|shop");
  EXPECT_EQ(Shown("postgresql:///shop?host=/run/postgresql", pg), "||/run/postgresql|5432|shop");
  EXPECT_EQ(Shown("mariadb://ann:x%3a@db/shop", DatabaseEngine::kMysql), "ann|x:|db|3306|shop");
}

TEST(DatabaseAddressTest, WhatIsWrongIsToldWithoutThePassword) {
  for (const char* url : {"http://ann:secret@db/shop", "postgresql://ann:sec%ret@db/shop", "postgresql://ann:secret@db",
                          "postgresql://ann:secret@db:99999/shop", "postgresql://ann:secret@/shop",
                          "postgresql://ann:secret@db/shop?sslmode=secret", "postgresql://ann:secret@[::1/shop"}) {
    const std::string told = Shown(url, DatabaseEngine::kPostgres);
    EXPECT_TRUE(told.starts_with("wrong: ")) << url;
    EXPECT_EQ(told.find("sec"), std::string::npos) << told;
  }
}

TEST(DatabaseAddressTest, PauseIsALengthOrARange) {
  PauseSpec pause;
  EXPECT_TRUE(ParsePause("0..2s", &pause));
  EXPECT_EQ(pause.max, std::chrono::seconds(2));
  EXPECT_TRUE(ParsePause("250ms", &pause));
  EXPECT_EQ(pause.min, pause.max);
  for (const char* wrong : {"", "2", "2s..1s", "1s..", "..1s", "0..2", "9999d"}) EXPECT_FALSE(IsPause(wrong)) << wrong;
}

}  // namespace
}  // namespace tailrace::config
