#include "sqlite/page_checksums.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sqlite/sqlite.h"

namespace tailrace::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPage = 8192;
constexpr int kRows = 2000;

class PageChecksums : public testing::Test {
 protected:
  PageChecksums() : folder_(fs::path(testing::TempDir()) / ("pages_" + std::to_string(getpid()) + "_" + Name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~PageChecksums() override { fs::remove_all(folder_); }

  static std::string Name() { return testing::UnitTest::GetInstance()->current_test_info()->name(); }
  std::string Path(const std::string& name = "a.sqlite") const { return (folder_ / name).string(); }

  static void Fill(Connection& connection) {
    ASSERT_TRUE(connection.Execute("CREATE TABLE t(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"));
    auto transaction = Transaction::Begin(connection);
    ASSERT_TRUE(transaction);
    auto insert = connection.Prepare("INSERT INTO t VALUES(?1, ?2)");
    ASSERT_TRUE(insert);
    for (int i = 0; i < kRows; ++i) {
      const std::string key = "key" + std::to_string(i);
      insert->BindText(1, key);
      insert->BindText(2, key);
      ASSERT_TRUE(insert->Run());
    }
    ASSERT_TRUE(transaction->Commit());
  }

  // A database with everything in its file.
  void Make() const {
    auto connection = Connection::Open({.path = Path()});
    ASSERT_TRUE(connection);
    Fill(**connection);
    ASSERT_TRUE((*connection)->Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  std::string Bytes() const {
    std::ifstream file(Path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Put(const std::string& bytes) const { std::ofstream(Path(), std::ios::binary) << bytes; }

  // How many rows are found by their keys, one by one.
  static Result<int> Found(const std::string& path) {
    TR_TRY(auto connection, Connection::Open({.path = path, .read_only = true}));
    TR_TRY(auto select, connection->Prepare("SELECT value FROM t WHERE key = ?1"));
    int found = 0;
    for (int i = 0; i < kRows; ++i) {
      const std::string key = "key" + std::to_string(i);
      select.BindText(1, key);
      TR_TRY(const bool is_there, select.Step());
      if (is_there && select.Text(0) == key) ++found;
      select.Reset();
    }
    return found;
  }

 private:
  const fs::path folder_;
};

TEST_F(PageChecksums, WhatWasWrittenIsFound) {
  Make();
  EXPECT_EQ(Found(Path()).value(), kRows);
}

TEST_F(PageChecksums, ABitTurnedOverAnywhereInAPageIsDamage) {
  Make();
  const std::string sound = Bytes();
  ASSERT_GT(sound.size(), 4 * kPage);
  // The root of the table, and a leaf: its header, its pointers, its cells, its checksum.
  for (const size_t page : {size_t{1}, size_t{3}}) {
    for (const size_t at : {size_t{3}, size_t{9}, size_t{20}, kPage - 100, kPage - 8, kPage - 1}) {
      std::string damaged = sound;
      damaged[page * kPage + at] ^= 4;
      Put(damaged);
      const auto found = Found(Path());
      ASSERT_FALSE(found) << page << " " << at;
      EXPECT_EQ(found.error().code(), ErrorCode::kCorruption);
      EXPECT_NE(found.error().message().find("checksum differs"), std::string::npos) << found.error().message();
    }
  }
}

TEST_F(PageChecksums, APageInTheOthersPlaceIsDamage) {
  Make();
  std::string swapped = Bytes();
  const std::string first = swapped.substr(2 * kPage, kPage);
  swapped.replace(2 * kPage, kPage, swapped.substr(3 * kPage, kPage));
  swapped.replace(3 * kPage, kPage, first);
  Put(swapped);
  const auto found = Found(Path());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::kCorruption);
}

TEST_F(PageChecksums, AConnectionOlderThanTheFileBringsTheLogIntoItWithChecksums) {
  auto older = Connection::Open({.path = Path()});
  ASSERT_TRUE(older);
  auto writer = Connection::Open({.path = Path()});
  ASSERT_TRUE(writer);
  Fill(**writer);
  {
    auto checkpoint = (*older)->Prepare("PRAGMA wal_checkpoint(PASSIVE)");
    ASSERT_TRUE(checkpoint);
    ASSERT_TRUE(checkpoint->Step().value());
    ASSERT_GT(checkpoint->Int(1), 0);
    ASSERT_EQ(checkpoint->Int(2), checkpoint->Int(1)) << "not all of the log came into the file";
  }
  older->reset();
  writer->reset();
  EXPECT_EQ(Found(Path()).value(), kRows);
}

TEST_F(PageChecksums, ACopyHasThemToo) {
  Make();
  {
    auto connection = Connection::Open({.path = Path(), .read_only = true});
    ASSERT_TRUE(connection);
    ASSERT_TRUE((*connection)->Execute("VACUUM INTO '" + Path("copy.sqlite") + "'"));
  }
  fs::rename(Path("copy.sqlite"), Path());
  EXPECT_EQ(Found(Path()).value(), kRows);
  std::string damaged = Bytes();
  damaged[kPage + 5] ^= 1;
  Put(damaged);
  EXPECT_FALSE(Found(Path()));
}

TEST_F(PageChecksums, AFileWithoutRoomForThemIsTakenAsItIs) {
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(Path().c_str(), &raw), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(raw, "CREATE TABLE u(n INTEGER)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(raw);
  {
    auto connection = Connection::Open({.path = Path()});
    ASSERT_TRUE(connection);
    Fill(**connection);
    ASSERT_TRUE((*connection)->Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  EXPECT_EQ(Found(Path()).value(), kRows);
}

}  // namespace
}  // namespace tailrace::sqlite
