#include "sources/poll_spool.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/fault_file_system.h"

namespace tailrace {
namespace {

constexpr char kFolder[] = "/polls/items";

void WriteState(FileSystem& files, std::string_view payload) {
  std::string bytes = "TRPOLLS\n";
  AppendBig32(&bytes, Crc32c(payload));
  bytes += payload;
  ASSERT_TRUE(MakeDirectories(files, kFolder));
  ASSERT_TRUE(ReplaceFile(files, std::string(kFolder) + "/state", bytes));
}

// Of a source that has done one due time with 7 answers and remembers nothing of them.
std::string OldState() {
  std::string payload;
  AppendVarint(&payload, 1'488'520'800);
  AppendVarint(&payload, 7);
  AppendVarint(&payload, 0);
  return payload;
}

TEST(PollSpoolTest, WhatIsFinishedIsThereAfterOpeningAgain) {
  FaultFileSystem files;
  auto spool = PollSpool::Open(files, kFolder);
  ASSERT_TRUE(spool);
  ASSERT_TRUE(spool->Finish({.due_s = 60, .answers = 2, .validators = {{5, {"\"a\"", "then"}}}, .records = 3, .failure = "status 500"}));
  const auto again = PollSpool::Open(files, kFolder);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->state().due_s, 60);
  EXPECT_EQ(again->state().answers, 2);
  EXPECT_EQ(again->state().validators.at(5).etag, "\"a\"");
  EXPECT_EQ(again->state().records, 3);
  EXPECT_EQ(again->state().failure, "status 500");
}

TEST(PollSpoolTest, AStateOfBeforeRecordsAndFailuresWereNotedIsRead) {
  FaultFileSystem files;
  WriteState(files, OldState());
  const auto spool = PollSpool::Open(files, kFolder);
  ASSERT_TRUE(spool) << spool.error().message();
  EXPECT_EQ(spool->state().due_s, 1'488'520'800);
  EXPECT_EQ(spool->state().answers, 7);
  EXPECT_EQ(spool->state().records, 0);
}

TEST(PollSpoolTest, AStateThatEndsWithinAFieldIsDamage) {
  FaultFileSystem files;
  std::string payload = OldState();
  AppendVarint(&payload, 3);
  WriteState(files, payload);
  const auto spool = PollSpool::Open(files, kFolder);
  ASSERT_FALSE(spool);
  EXPECT_EQ(spool.error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tailrace
