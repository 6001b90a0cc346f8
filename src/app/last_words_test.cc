#include "app/last_words.h"

#include <gtest/gtest.h>

#include <new>
#include <string>
#include <thread>

#include "app/exit_code.h"

namespace tailrace::app {
namespace {

const auto kFailedExit = testing::ExitedWithCode(static_cast<int>(ExitCode::kFailed));

void LeaveAThreadWith(void (*body)()) {
  InstallLastWords();
  std::thread(body).join();
}

TEST(LastWordsTest, AnExceptionThatNothingCatchesIsSaid) {
  EXPECT_EXIT(LeaveAThreadWith([] { (void)std::string("a").at(5); }), kFailedExit,
              "^error: .*at.*; the server ends here");
}

TEST(LastWordsTest, MemoryThatRunsOutIsSaid) {
  EXPECT_EXIT(LeaveAThreadWith([] { (void)std::string().append(std::string().max_size() / 2, 'x'); }), kFailedExit,
              "^error: out of memory; ");
}

TEST(LastWordsTest, WhatIsNoExceptionStaysACrash) {
  EXPECT_EXIT(LeaveAThreadWith([] { std::terminate(); }), testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace tailrace::app
