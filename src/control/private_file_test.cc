#include "control/private_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace tailrace::control {
namespace {

class PrivateFile : public testing::Test {
 protected:
  ~PrivateFile() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = [] {
    std::string text = (std::filesystem::temp_directory_path() / "private-file-XXXXXX").string();
    return std::string(mkdtemp(text.data()));
  }();
  const std::string path_ = folder_ + "/control.sqlite";
};

TEST_F(PrivateFile, IsReadableByItsOwnerAlone) {
  ASSERT_TRUE(MakePrivateFile(path_));
  struct stat made {};
  ASSERT_EQ(stat(path_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600U);
  EXPECT_FALSE(MakePrivateFile(folder_ + "/no/such/folder"));
}

// Locks of a process on a file go when the process closes any descriptor of it.
TEST_F(PrivateFile, LocksOfThisProcessOnOneThatIsThereStay) {
  ASSERT_TRUE(MakePrivateFile(path_));
  const int file = open(path_.c_str(), O_RDWR | O_CLOEXEC);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(fcntl(file, F_SETLK, &lock), 0);
  ASSERT_TRUE(MakePrivateFile(path_));
  const pid_t child = fork();
  if (child == 0) {
    const int other = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    struct flock seen {};
    seen.l_type = F_WRLCK;
    seen.l_whence = SEEK_SET;
    _exit(fcntl(other, F_GETLK, &seen) == 0 && seen.l_type != F_UNLCK ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "the lock is gone";
  close(file);
}

}  // namespace
}  // namespace tailrace::control
