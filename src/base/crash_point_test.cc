#include "base/crash_point.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace tailrace {
namespace {

// This program itself, run again with one test and TAILRACE_CRASH_AT set, as the variable is read at program start.
int StatusOfPassing(const std::string& crash_at) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TAILRACE_CRASH_AT", crash_at.c_str(), 1);
    execl("/proc/self/exe", "base_test", "--gtest_filter=CrashPoint.ArePassedWhereNothingIsNamed", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

bool Killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

// Also what the child runs.
TEST(CrashPoint, ArePassedWhereNothingIsNamed) {
  TR_CRASH_POINT("test.first");
  TR_CRASH_POINT("test.second");
  TR_CRASH_POINT("test.second");
}

TEST(CrashPoint, AnotherNameDoesNotKill) {
  EXPECT_EQ(StatusOfPassing(""), 0);
  EXPECT_EQ(StatusOfPassing("test.other"), 0);
}

TEST(CrashPoint, TheNamedOneKills) { EXPECT_TRUE(Killed(StatusOfPassing("test.first"))); }

TEST(CrashPoint, TheCountIsOfPasses) {
  EXPECT_TRUE(Killed(StatusOfPassing("test.second:2")));
  EXPECT_EQ(StatusOfPassing("test.second:3"), 0);
}

TEST(CrashPoint, ACountThatIsNoneEndsTheProgram) {
  for (const char* wrong : {"test.first:0", "test.first:x", "test.first:", "test.first:2x"}) {
    const int status = StatusOfPassing(wrong);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2) << wrong;
  }
}

}  // namespace
}  // namespace tailrace
