// What every ObjectStore promises, run by the fake and by every real one:
//
//   INSTANTIATE_TEST_SUITE_P(Folder, ObjectStoreContract, testing::Values(ObjectStoreFactory{[](const std::string& folder) { return ...; }}));
//
// Include it in exactly one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ports/object_store.h"

namespace tailrace {

struct ObjectStoreFactory {
  // `folder` is empty, and the test's own.
  std::function<std::unique_ptr<ObjectStore>(const std::string& folder)> make;
};

class ObjectStoreContract : public testing::TestWithParam<ObjectStoreFactory> {
 protected:
  ObjectStoreContract() {
    std::string pattern = testing::TempDir() + "/objects_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    store_ = GetParam().make(folder_ + "/store");
  }
  ~ObjectStoreContract() override {
    store_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ObjectStore& store() { return *store_; }
  std::vector<std::string> Names(const std::string& prefix) {
    std::vector<std::string> names;
    const auto listed = store().List(prefix).value();
    for (const ObjectInfo& object : listed) names.push_back(object.name);
    return names;
  }

  static constexpr int64_t kPlenty = 1 << 20;
  std::string folder_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_P(ObjectStoreContract, GivesBackWhatWasPut) {
  const std::string bytes("\0\n\xff{}", 5);
  ASSERT_TRUE(store().Put("a/b/c", bytes));
  EXPECT_EQ(store().Get("a/b/c", kPlenty).value(), bytes);
  ASSERT_TRUE(store().Put("a/b/c", "second"));
  EXPECT_EQ(store().Get("a/b/c", kPlenty).value(), "second");
  EXPECT_EQ(store().Get("a/b/c", 5).error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(store().Get("a/b/c", 6).value(), "second");
}

TEST_P(ObjectStoreContract, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(store().Get("a", kPlenty).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(store().Delete("a"));
  EXPECT_TRUE(Names("").empty());
  EXPECT_TRUE(Names("nothing/").empty());
}

TEST_P(ObjectStoreContract, PutIfAbsentLeavesTheFirst) {
  EXPECT_EQ(store().PutIfAbsent("log/1.json", "mine"), true);
  EXPECT_EQ(store().PutIfAbsent("log/1.json", "theirs"), false);
  EXPECT_EQ(store().Get("log/1.json", kPlenty).value(), "mine");
  ASSERT_TRUE(store().Delete("log/1.json"));
  EXPECT_EQ(store().PutIfAbsent("log/1.json", "theirs"), true);
}

TEST_P(ObjectStoreContract, OfManyThatPutIfAbsentOneWins) {
  for (int round = 0; round < 10; ++round) {
    const std::string name = "race/" + std::to_string(round);
    std::atomic<int> winner{-1};
    std::atomic<int> wins{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
          const auto put = store().PutIfAbsent(name, std::string(static_cast<size_t>(1000 + i), static_cast<char>('a' + i)));
          if (put && *put) {
            ++wins;
            winner = i;
          }
        });
      }
    }
    ASSERT_EQ(wins, 1);
    EXPECT_EQ(store().Get(name, kPlenty).value(), std::string(static_cast<size_t>(1000 + winner), static_cast<char>('a' + winner)));
  }
}

TEST_P(ObjectStoreContract, ListsByPrefixInOrder) {
  for (const char* name : {"a/2", "a/10", "b/1", "a/sub/x", "ab"}) ASSERT_TRUE(store().Put(name, name));
  EXPECT_EQ(Names("a/"), (std::vector<std::string>{"a/10", "a/2", "a/sub/x"}));
  EXPECT_EQ(Names(""), (std::vector<std::string>{"a/10", "a/2", "a/sub/x", "ab", "b/1"}));
  EXPECT_EQ(store().List("a/sub/").value()[0].bytes, 7);
  ASSERT_TRUE(store().Delete("a/2"));
  EXPECT_EQ(Names("a/"), (std::vector<std::string>{"a/10", "a/sub/x"}));
}

TEST_P(ObjectStoreContract, AFileIsTakenOver) {
  const std::string path = folder_ + "/made";
  std::ofstream(path) << "large";
  ASSERT_TRUE(store().PutFile("t/part-0.parquet", path));
  EXPECT_EQ(store().Get("t/part-0.parquet", kPlenty).value(), "large");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(ObjectStoreContract, NamesThatLeadOutAreRefused) {
  for (const char* name : {"", "/a", "a//b", "../a", "a/..", "a/./b", "a/", "a.tmp"}) {
    EXPECT_EQ(store().Put(name, "x").error().code(), ErrorCode::kInvalid) << name;
    EXPECT_EQ(store().PutIfAbsent(name, "x").error().code(), ErrorCode::kInvalid) << name;
    EXPECT_EQ(store().Get(name, kPlenty).error().code(), ErrorCode::kNotFound) << name;
  }
}

}  // namespace tailrace
