#include "base/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/fault_file_system.h"

namespace tailrace {
namespace {

// Both file systems answer alike while nothing fails.
class FileSystems : public testing::TestWithParam<bool> {
 protected:
  FileSystems() {
    if (GetParam()) {
      char name[] = "/tmp/tailrace-files-XXXXXX";
      root_ = mkdtemp(name);
      files_ = &PosixFileSystem();
    } else {
      root_ = "/t";
      files_ = &fault_files_;
      EXPECT_TRUE(MakeDirectories(*files_, root_));
    }
  }
  ~FileSystems() override {
    if (GetParam()) std::filesystem::remove_all(root_);
  }

  FaultFileSystem fault_files_;
  FileSystem* files_ = nullptr;
  std::string root_;
};

TEST_P(FileSystems, KeepWhatIsWritten) {
  ASSERT_TRUE(MakeDirectories(*files_, root_ + "/a/b"));
  auto file = files_->Open(root_ + "/a/b/f", OpenMode::kCreate);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->WriteAt(3, "abc"));
  ASSERT_TRUE((*file)->Zero(6, 1000));
  ASSERT_TRUE((*file)->Sync());
  EXPECT_EQ((*file)->Size().value(), 1006);
  ASSERT_TRUE((*file)->Truncate(5));
  EXPECT_EQ(ReadFile(*files_, root_ + "/a/b/f", 100).value(), std::string("\0\0\0ab", 5));
  std::string past(10, 'x');
  EXPECT_EQ((*file)->ReadAt(100, past).value(), 0u);
  EXPECT_EQ(files_->List(root_ + "/a").value(), std::vector<std::string>{"b"});
  EXPECT_TRUE(files_->Stat(root_ + "/a/b").value().directory);
}

TEST_P(FileSystems, SayWhatIsMissing) {
  EXPECT_EQ(files_->Open(root_ + "/no", OpenMode::kRead).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Open(root_ + "/no/f", OpenMode::kCreate).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Remove(root_ + "/no").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Rename(root_ + "/no", root_ + "/yes").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->List(root_ + "/no").error().code(), ErrorCode::kNotFound);
}

TEST_P(FileSystems, ReplaceAFileWhole) {
  ASSERT_TRUE(ReplaceFile(*files_, root_ + "/f", "the first, longer text"));
  ASSERT_TRUE(ReplaceFile(*files_, root_ + "/f", "second"));
  EXPECT_EQ(ReadFile(*files_, root_ + "/f", 100).value(), "second");
  EXPECT_EQ(ReadFile(*files_, root_ + "/f", 5).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(files_->List(root_).value(), std::vector<std::string>{"f"});
}

TEST_P(FileSystems, LockOnce) {
  auto first = files_->Lock(root_ + "/LOCK");
  ASSERT_TRUE(first);
  EXPECT_EQ(files_->Lock(root_ + "/LOCK").error().code(), ErrorCode::kConflict);
  first->reset();
  EXPECT_TRUE(files_->Lock(root_ + "/LOCK"));
}

INSTANTIATE_TEST_SUITE_P(Posix, FileSystems, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(Fault, FileSystems, testing::Values(false));

class FaultFiles : public testing::Test {
 protected:
  FaultFiles() { EXPECT_TRUE(MakeDirectories(files_, "/d")); }
  std::unique_ptr<File> Make(const std::string& path) { return files_.Open(path, OpenMode::kCreate).value(); }

  FaultFileSystem files_;
  SeededRandom random_{7};
};

TEST_F(FaultFiles, APowerCutKeepsOnlyWhatWasSynced) {
  auto file = Make("/d/f");
  ASSERT_TRUE(files_.SyncDirectory("/d"));
  ASSERT_TRUE(file->WriteAt(0, "synced"));
  ASSERT_TRUE(file->Sync());
  ASSERT_TRUE(file->WriteAt(0, "LOST"));
  auto unnamed = Make("/d/unnamed");
  ASSERT_TRUE(unnamed->WriteAt(0, "x"));
  ASSERT_TRUE(unnamed->Sync());
  files_.PowerCut(FaultFileSystem::Loss::kUnsynced, random_);
  EXPECT_EQ(ReadFile(files_, "/d/f", 100).value(), "synced");
  EXPECT_EQ(files_.Stat("/d/unnamed").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(file->WriteAt(0, "late"));
}

TEST_F(FaultFiles, AKilledProcessLosesNothing) {
  auto file = Make("/d/f");
  ASSERT_TRUE(file->WriteAt(0, "kept"));
  files_.PowerCut(FaultFileSystem::Loss::kNothing, random_);
  EXPECT_EQ(ReadFile(files_, "/d/f", 100).value(), "kept");
}

TEST_F(FaultFiles, ATornWriteIsTornAtSectors) {
  bool torn = false;
  for (int i = 0; i < 20; ++i) {
    const std::string path = "/d/f" + std::to_string(i);
    auto file = Make(path);
    ASSERT_TRUE(file->Zero(0, 4 * FaultFileSystem::kSectorBytes));
    ASSERT_TRUE(file->Sync());
    ASSERT_TRUE(files_.SyncDirectory("/d"));
    ASSERT_TRUE(file->WriteAt(0, std::string(4 * FaultFileSystem::kSectorBytes, 'x')));
    files_.PowerCut(FaultFileSystem::Loss::kTear, random_);
    const std::string bytes = ReadFile(files_, path, 10000).value();
    for (size_t at = 0; at < bytes.size(); ++at) {
      const size_t sector = at / FaultFileSystem::kSectorBytes * FaultFileSystem::kSectorBytes;
      EXPECT_EQ(bytes[at], bytes[sector]);
    }
    torn |= bytes.find('x') != std::string::npos && bytes.find('\0') != std::string::npos;
  }
  EXPECT_TRUE(torn);
}

TEST_F(FaultFiles, AFailedSyncLosesItsBytesEvenWhenTheNextOneSucceeds) {
  auto file = Make("/d/f");
  ASSERT_TRUE(files_.SyncDirectory("/d"));
  ASSERT_TRUE(file->WriteAt(0, "lost"));
  files_.ResetCount();
  files_.Inject({.at = 0});
  EXPECT_FALSE(file->Sync());
  EXPECT_TRUE(file->Sync());
  files_.PowerCut(FaultFileSystem::Loss::kUnsynced, random_);
  EXPECT_EQ(ReadFile(files_, "/d/f", 100).value(), "");
}

TEST_F(FaultFiles, FaultsComeOnceOrForEver) {
  auto file = Make("/d/f");
  files_.ResetCount();
  files_.Inject({.at = 1, .kind = FaultFileSystem::Kind::kShortWrite});
  EXPECT_TRUE(file->WriteAt(0, "abcd"));
  EXPECT_EQ(file->WriteAt(0, "ABCD").error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE(file->WriteAt(4, "e"));
  EXPECT_EQ(ReadFile(files_, "/d/f", 100).value(), "ABcde");

  files_.ResetCount();
  files_.Inject({.at = 1, .kind = FaultFileSystem::Kind::kStop});
  EXPECT_TRUE(file->Sync());
  EXPECT_FALSE(file->Sync());
  EXPECT_FALSE(file->Size());
  files_.Heal();
  EXPECT_TRUE(file->Size());
}

}  // namespace
}  // namespace tailrace
