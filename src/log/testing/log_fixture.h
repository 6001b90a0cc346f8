// A log over a file system in memory, with segments small enough to be many.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault_file_system.h"
#include "log/log.h"
#include "ports/testing/append_and_wait.h"

namespace tailrace::log {

inline constexpr StreamId kSales{0};
inline constexpr StreamId kOther{1};
inline constexpr PartitionId kFirst{0};
inline constexpr PartitionId kSecond{1};

inline LogOptions SmallOptions() {
  LogOptions options;
  options.directory = "/data";
  options.segment_bytes = 4096;
  options.zero_step_bytes = 2048;
  options.fence_retry = std::chrono::milliseconds(1);
  return options;
}

inline std::vector<StreamOptions> TwoStreams() { return {{"sales", "log/sales", 2}, {"other", "log/other", 1}}; }

class LogFixture : public testing::Test {
 protected:
  Status TryOpen() {
    log_.reset();
    auto opened = Log::Open(options_, streams_, files_, clock_);
    if (!opened) return Fail(opened.error());
    log_ = std::move(*opened);
    return {};
  }
  void Open() {
    const Status opened = TryOpen();
    ASSERT_TRUE(opened) << opened.error().message();
  }
  // The process is killed, or the machine loses power, and starts again.
  void Crash(FaultFileSystem::Loss loss) {
    files_.Inject({.at = 0, .for_ever = true, .kind = FaultFileSystem::Kind::kStop});
    files_.ResetCount();
    log_.reset();
    files_.PowerCut(loss, random_);
  }
  void CrashAndOpen(FaultFileSystem::Loss loss) {
    Crash(loss);
    Open();
  }

  std::string Bytes(const std::string& path) { return ReadFile(files_, path, int64_t{1} << 30).value(); }
  void Overwrite(const std::string& path, int64_t position, std::string_view bytes) {
    const auto file = files_.Open(path, OpenMode::kWrite);
    ASSERT_TRUE(file) << path;
    ASSERT_TRUE((*file)->WriteAt(position, bytes));
    ASSERT_TRUE((*file)->Sync());
  }
  std::vector<std::string> Values(PartitionId partition = kFirst, StreamId stream = kSales) {
    return ValuesOf(ReadToEnd(*log_, stream, partition));
  }

  FaultFileSystem files_;
  ManualClock clock_{{1'000'000'000}};
  SeededRandom random_{1};
  LogOptions options_ = SmallOptions();
  std::vector<StreamOptions> streams_ = TwoStreams();
  std::unique_ptr<Log> log_;
};

}  // namespace tailrace::log
