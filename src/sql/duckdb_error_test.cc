#include <gtest/gtest.h>

#include <string>

#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

constexpr std::string_view kWhileExecuting =
    "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\nError: ";

Error WhileExecuting(const std::string& cause) {
  return ErrorOf(DUCKDB_ERROR_INVALID_INPUT, std::string(kWhileExecuting) + cause);
}

// A record is condemned by kInvalid alone, so nothing that the disk or the memory did may come as that.
TEST(DuckDbErrorTest, WhatTheMachineDidWhileAStatementRanIsNotTheDatas) {
  EXPECT_EQ(WhileExecuting("IO Error: Could not read from file").code(), ErrorCode::kUnavailable);
  EXPECT_EQ(WhileExecuting("IO Error: No space left on device").code(), ErrorCode::kExhausted);
  EXPECT_EQ(WhileExecuting("Out of Memory Error: failed to allocate").code(), ErrorCode::kExhausted);
}

TEST(DuckDbErrorTest, WhatTheDataDidWhileAStatementRanStaysInvalid) {
  const Error error = WhileExecuting("Conversion Error: Could not convert string 'x' to INT32");
  EXPECT_EQ(error.code(), ErrorCode::kInvalid);
  EXPECT_EQ(error.message(), "Conversion Error: Could not convert string 'x' to INT32");
}

TEST(DuckDbErrorTest, ABlockWhoseChecksumDoesNotHoldIsCorruption) {
  const std::string cause = "IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2";
  EXPECT_EQ(ErrorOf(DUCKDB_ERROR_IO, cause).code(), ErrorCode::kCorruption);
  EXPECT_EQ(WhileExecuting(cause).code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tailrace::sql
