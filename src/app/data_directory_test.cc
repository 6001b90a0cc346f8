#include "app/data_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

class DataDirectoryTest : public testing::Test {
 protected:
  DataDirectoryTest() {
    std::string path = (fs::temp_directory_path() / "tailrace-XXXXXX").string();
    folder_ = mkdtemp(path.data());
  }
  ~DataDirectoryTest() override { fs::remove_all(folder_); }

  std::string path() const { return folder_ + "/data"; }
  void WriteFormat(const std::string& text) const { std::ofstream(path() + "/FORMAT", std::ios::binary) << text; }

 private:
  std::string folder_;
};

TEST_F(DataDirectoryTest, OpensWhatItMade) {
  ASSERT_TRUE(DataDirectory::Open(path()));
  EXPECT_TRUE(DataDirectory::Open(path()));
  EXPECT_FALSE(fs::exists(path() + "/FORMAT.tmp"));
}

TEST_F(DataDirectoryTest, AnotherLayoutIsRefusedByItsNumber) {
  ASSERT_TRUE(DataDirectory::Open(path()));
  WriteFormat("7\n");
  const auto opened = DataDirectory::Open(path());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("layout \"7\""), std::string::npos);
}

TEST_F(DataDirectoryTest, WhatIsNoNumberIsDamageAndIsNotPrinted) {
  ASSERT_TRUE(DataDirectory::Open(path()));
  for (const std::string damaged : {"", "\xb1\n", "\x1b[2J\n"}) {
    WriteFormat(damaged);
    const auto opened = DataDirectory::Open(path());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
    EXPECT_EQ(opened.error().message().find('\x1b'), std::string::npos);
    EXPECT_NE(opened.error().message().find("FORMAT is damaged"), std::string::npos);
  }
}

}  // namespace
}  // namespace tailrace::app
