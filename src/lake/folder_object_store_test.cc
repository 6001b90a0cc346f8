#include "lake/folder_object_store.h"

#include "ports/testing/object_store_contract.h"

namespace tailrace::lake {
namespace {

INSTANTIATE_TEST_SUITE_P(Folder, ObjectStoreContract, testing::Values(ObjectStoreFactory{[](const std::string& folder) {
                           return OpenFolderObjectStore(folder, PosixFileSystem());
                         }}));

class FolderObjectStoreTest : public testing::Test {
 protected:
  FolderObjectStoreTest() {
    std::string pattern = testing::TempDir() + "/folder_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FolderObjectStoreTest() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FolderObjectStoreTest, WhatACrashLeftBesideItsPlaceIsNotListed) {
  const auto store = OpenFolderObjectStore(folder_, PosixFileSystem());
  ASSERT_TRUE(store->Put("a/x", "1"));
  std::ofstream(folder_ + "/a/y.0.tmp") << "half";
  ASSERT_EQ(store->List("").value().size(), 1u);
  EXPECT_EQ(store->List("").value()[0].name, "a/x");
}

}  // namespace
}  // namespace tailrace::lake
