// The log on real files, killed at every point that it marks, again and again over the same directory; then everything
// that was acknowledged is there, once, and goes on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "base/clock.h"
#include "log/testing/log_fixture.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

constexpr const char* kDirectoryVariable = "TAILRACE_LOG_TEST_DIRECTORY";
constexpr int kAppends = 24;
constexpr int kPassesMax = 4;

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "/log_kill_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string Acknowledged() const { return path_ + "/acknowledged"; }

 private:
  std::string path_;
};

Result<std::unique_ptr<Log>> OpenIn(const std::string& directory) {
  LogOptions options = SmallOptions();
  options.directory = directory + "/data";
  options.segment_bytes = 1500;
  return Log::Open(options, {{"sales", "log/sales", 1}}, PosixFileSystem(), SystemClock());
}

// Appends, each acknowledgement noted before the next one, and lets the oldest segments go half way and at the end.
void Work(const std::string& directory) {
  auto log = OpenIn(directory);
  ASSERT_TRUE(log) << log.error().message();
  const int acknowledged = open((directory + "/acknowledged").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ASSERT_GE(acknowledged, 0);
  for (int i = 0; i < kAppends; ++i) {
    const std::string value = std::to_string(i) + std::string(300, '.');
    const SourcePosition position{"file", "item", i + 1, ""};
    const auto appended = AppendValues(**log, kSales, kFirst, {value}, "key " + std::to_string(i), &position);
    ASSERT_TRUE(appended) << appended.error().message();
    const std::string note = std::to_string(i) + " " + std::to_string(appended->first.value) + "\n";
    ASSERT_EQ(write(acknowledged, note.data(), note.size()), std::ssize(note));
    if (i % 8 == 7) {
      const SourcePosition mark{"file", "item", 1000 + i, "done"};
      ASSERT_TRUE(AppendAndWait(**log, {kSales, kFirst, {}, {}, &mark}));
    }
    const Offset end = (*log)->Partitions(kSales)[0].end;
    if (i % 12 == 11) {
      ASSERT_TRUE((*log)->Retain(kSales, {.older_than_ms = 0, .bytes_max = 3000}, {end}));
    }
  }
  close(acknowledged);
}

int StatusOfWork(const std::string& directory, const std::string& crash_at) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("TAILRACE_CRASH_AT", crash_at.c_str(), 1);
    setenv(kDirectoryVariable, directory.c_str(), 1);
    execl("/proc/self/exe", "log_test", "--gtest_filter=KillPoints.TheWorkloadRuns", "--gtest_brief=1", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// Each value at the one offset that was acknowledged for it, unless retention has taken it.
void ExpectAllThere(const Folder& folder) {
  auto log = OpenIn(folder.path());
  ASSERT_TRUE(log) << log.error().message();
  const PartitionStatus status = (*log)->Partitions(kSales)[0];
  EXPECT_FALSE(status.fenced) << status.fenced->message();
  const auto records = ReadToEnd(**log, kSales, kFirst, status.begin);
  ASSERT_TRUE(records) << records.error().message();
  std::map<int64_t, int> at;
  std::map<int, int> times;
  for (const ReadRecord& record : *records) {
    at[record.offset] = std::stoi(record.value);
    EXPECT_EQ(++times[std::stoi(record.value)], 1) << record.value;
  }
  const auto noted = ReadFile(PosixFileSystem(), folder.Acknowledged(), 1 << 20);
  if (!noted) return;
  std::istringstream lines(*noted);
  int value = 0;
  int64_t offset = 0;
  while (lines >> value >> offset) {
    if (offset < status.begin.value) continue;
    EXPECT_EQ(at.count(offset), 1u) << offset;
    EXPECT_EQ(at[offset], value);
  }
  log->reset();
  const auto report = VerifyLog(PosixFileSystem(), folder.path() + "/data");
  if (!report) {  // killed before there was a segment
    EXPECT_EQ(report.error().code(), ErrorCode::kNotFound) << report.error().message();
    return;
  }
  EXPECT_TRUE(report->sound()) << RenderReport(*report);
}

// Also what the child runs.
TEST(KillPoints, TheWorkloadRuns) {
  if (const char* directory = std::getenv(kDirectoryVariable)) return Work(directory);
  const Folder folder;
  Work(folder.path());
  ExpectAllThere(folder);
}

class KillAt : public testing::TestWithParam<const char*> {};

TEST_P(KillAt, LosesNothingAcknowledged) {
  const Folder folder;
  int killed = 0;
  for (int pass = 1; pass <= kPassesMax; ++pass) {
    const int status = StatusOfWork(folder.path(), std::string(GetParam()) + ":" + std::to_string(pass));
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
      ++killed;
    } else {
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
    ExpectAllThere(folder);
  }
  EXPECT_GE(killed, 2) << "the workload hardly passes the point";
  EXPECT_EQ(StatusOfWork(folder.path(), ""), 0);
  ExpectAllThere(folder);
}

INSTANTIATE_TEST_SUITE_P(Log, KillAt,
                         testing::Values("log.batch_written", "log.batch_synced", "log.marks_written",
                                         "log.segment_cut", "log.segment_sealed", "log.snapshot_written",
                                         "log.segment_started", "log.zeroed_ahead", "log.segment_dropped",
                                         "log.segment_set_aside", "log.segment_zeroed"));

}  // namespace
}  // namespace tailrace::log
