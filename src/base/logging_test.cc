#include "base/logging.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

constexpr WallTime kNoon{1'769'860'800'123'456};  // 2026-01-31T12:00:00.123456Z

TEST(LoggingTest, LineHasTimeLevelEventAndFields) {
  EXPECT_EQ(FormatLogLine(kNoon, LogLevel::kInfo, "listening", {{"port", 7070}, {"host", "localhost"}}),
            "2026-01-31T12:00:00.123Z level=info event=listening port=7070 host=localhost");
}

TEST(LoggingTest, ValueThatCouldBeMisreadIsQuoted) {
  EXPECT_EQ(FormatLogLine(kNoon, LogLevel::kError, "disk failed", {{"why", "a=\"b\"\nlevel=info"}, {"file", ""}}),
            "2026-01-31T12:00:00.123Z level=error event=\"disk failed\" why=\"a=\\\"b\\\"\\nlevel=info\" file=\"\"");
}

TEST(LoggingTest, LevelBelowTheSetOneIsNotWritten) {
  SetLogLevel(LogLevel::kWarning);
  testing::internal::CaptureStderr();
  LogInfo("quiet");
  LogWarning("loud");
  const std::string written = testing::internal::GetCapturedStderr();
  SetLogLevel(LogLevel::kInfo);
  EXPECT_EQ(written.find("event=quiet"), std::string::npos);
  EXPECT_NE(written.find("level=warning event=loud\n"), std::string::npos);
}

}  // namespace
}  // namespace tailrace
