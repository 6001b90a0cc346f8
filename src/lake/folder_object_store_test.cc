#include "lake/folder_object_store.h"

#include <algorithm>
#include <string>
#include <vector>

#include "ports/testing/object_store_contract.h"

namespace tailrace::lake {
namespace {

// The machine's file system, with what is done to it noted in its order: "sync a/x", "name a/x", "remove a/x", "names a".
class NotedFileSystem final : public FileSystem {
 public:
  std::vector<std::string> done;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    TR_TRY(auto file, PosixFileSystem().Open(path, mode));
    return std::make_unique<NotedFile>(std::move(file), path, done);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    done.push_back("name " + to);
    return PosixFileSystem().Rename(from, to);
  }
  Status Remove(const std::string& path) override {
    done.push_back("remove " + path);
    return PosixFileSystem().Remove(path);
  }
  Status SyncDirectory(const std::string& path) override {
    done.push_back("names " + path);
    return PosixFileSystem().SyncDirectory(path);
  }
  Result<FileInfo> Stat(const std::string& path) override { return PosixFileSystem().Stat(path); }
  Result<std::vector<std::string>> List(const std::string& directory) override { return PosixFileSystem().List(directory); }
  Status MakeDirectory(const std::string& path) override { return PosixFileSystem().MakeDirectory(path); }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override { return PosixFileSystem().Lock(path); }

  // Where in `done` the first that begins so is; -1: nowhere.
  int At(const std::string& begin) const {
    const auto found = std::find_if(done.begin(), done.end(), [&](const std::string& one) { return one.starts_with(begin); });
    return found == done.end() ? -1 : static_cast<int>(found - done.begin());
  }

 private:
  class NotedFile final : public File {
   public:
    NotedFile(std::unique_ptr<File> file, std::string path, std::vector<std::string>& done)
        : file_(std::move(file)), path_(std::move(path)), done_(done) {}
    Result<size_t> ReadAt(int64_t position, std::span<char> to) override { return file_->ReadAt(position, to); }
    Status WriteAt(int64_t position, std::string_view bytes) override {
      done_.push_back("write " + path_);
      return file_->WriteAt(position, bytes);
    }
    Status Zero(int64_t position, int64_t bytes) override { return file_->Zero(position, bytes); }
    Status Sync() override {
      done_.push_back("sync " + path_);
      return file_->Sync();
    }
    Status Truncate(int64_t bytes) override { return file_->Truncate(bytes); }
    Result<int64_t> Size() override { return file_->Size(); }

   private:
    const std::unique_ptr<File> file_;
    const std::string path_;
    std::vector<std::string>& done_;
  };
};

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

TEST_F(FolderObjectStoreTest, BytesAreSyncedBeforeTheyHaveTheirNameAndTheNameAfterIt) {
  NotedFileSystem files;
  const auto store = OpenFolderObjectStore(folder_, files);
  ASSERT_TRUE(store->Put("a/x", "1"));
  EXPECT_LT(files.At("write " + folder_ + "/a/x."), files.At("sync " + folder_ + "/a/x."));
  EXPECT_LT(files.At("sync " + folder_ + "/a/x."), files.At("name " + folder_ + "/a/x"));
  EXPECT_EQ(files.done.back(), "names " + folder_ + "/a");
  files.done.clear();
  ASSERT_TRUE(store->PutIfAbsent("a/y", "2"));
  // The name is a link, and what was beside it goes once it is there.
  EXPECT_LT(files.At("write " + folder_ + "/a/y."), files.At("sync " + folder_ + "/a/y."));
  EXPECT_LT(files.At("sync " + folder_ + "/a/y."), files.At("remove " + folder_ + "/a/y."));
  EXPECT_EQ(files.done.back(), "names " + folder_ + "/a");
  files.done.clear();
  std::ofstream(folder_ + "/made") << "3";
  ASSERT_TRUE(store->PutFile("a/z", folder_ + "/made"));
  EXPECT_EQ(files.done, (std::vector<std::string>{"sync " + folder_ + "/made", "name " + folder_ + "/a/z", "names " + folder_ + "/a"}));
}

}  // namespace
}  // namespace tailrace::lake
