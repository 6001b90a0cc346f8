#include "app/command_step.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace tailrace::app {
namespace {

Result<std::string> RunShell(const std::string& text, const std::stop_token& stop = {}, std::chrono::milliseconds grace = kCommandGrace) {
  return RunCommandStep({"sh", "-c", text}, "/", stop, grace);
}

// A file that a program writes once it has begun.
class Sign {
 public:
  Sign() : path_((std::filesystem::temp_directory_path() / ("command-step-" + std::to_string(getpid()))).string()) { std::filesystem::remove(path_); }
  ~Sign() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  void Await() const {
    while (!std::filesystem::exists(path_) || std::filesystem::file_size(path_) == 0) std::this_thread::yield();
  }
  std::string Text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const std::string path_;
};

TEST(CommandStep, WhatItWritesIsReturned) {
  EXPECT_EQ(RunShell("echo out; echo err >&2; pwd").value(), "out\nerr\n/");
  EXPECT_EQ(RunShell("true").value(), "done");
}

TEST(CommandStep, WordsAreNoShell) { EXPECT_EQ(RunCommandStep({"echo", "$HOME; ls", "*"}, "/", {}).value(), "$HOME; ls *"); }

TEST(CommandStep, AnotherStatusThanZeroFailsWithWhatItSaid) {
  const auto failed = RunShell("echo why; exit 3");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(failed.error().message(), "sh ended with status 3: why");
  EXPECT_EQ(RunShell("kill -TERM $$").error().message(), "sh was killed by signal 15");
}

TEST(CommandStep, AProgramThatIsNotThereFails) {
  EXPECT_NE(RunCommandStep({"no_such_program_of_ours"}, "/", {}).error().message().find("No such file"), std::string::npos);
  EXPECT_FALSE(RunCommandStep({"true"}, "/no/such/folder", {}));
  EXPECT_FALSE(RunCommandStep({}, "/", {}));
}

TEST(CommandStep, MuchOutputIsCutAndHoldsNothingUp) { EXPECT_EQ(RunShell("yes | head -c 3000000").value().size(), kCommandOutputMax - 1); }

TEST(CommandStep, ItHasNothingToReadAndNoFileOfOurs) {
  EXPECT_EQ(RunShell("cat | wc -c").value(), "0");
  EXPECT_EQ(RunShell("ls /proc/self/fd | wc -l").value(), "4") << "its three, and the one that ls opens";
}

TEST(CommandStep, AStopLetsItAndWhatItStartedEndThemselves) {
  std::stop_source stop;
  const Sign sign;
  const std::jthread stopper([&] {
    sign.Await();
    stop.request_stop();
  });
  // The shell itself ends at once, its child takes a moment.
  const std::string child = "sh -c 'trap \"sleep 0.2; echo bye > " + sign.path() + "; exit 0\" TERM; echo here > " + sign.path() + "; while :; do sleep 0.05; done'";
  const auto stopped = RunShell(child + " & wait", stop.get_token(), std::chrono::minutes(5));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(sign.Text(), "bye\n");
}

TEST(CommandStep, AStopKillsItWithAllThatItStarted) {
  std::stop_source stop;
  const Sign sign;
  const std::jthread stopper([&] {
    sign.Await();
    stop.request_stop();
  });
  const auto stopped = RunShell("trap '' TERM; sleep 300 & echo $! > " + sign.path() + "; wait", stop.get_token(), std::chrono::milliseconds(50));
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  const int child = std::stoi(sign.Text());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  // Gone, or dead and not yet fetched by whoever inherited it.
  const auto is_alive = [&] {
    FILE* status = fopen(("/proc/" + std::to_string(child) + "/stat").c_str(), "r");
    if (status == nullptr) return false;
    char state = 'Z';
    (void)!fscanf(status, "%*d (%*[^)]) %c", &state);
    fclose(status);
    return state != 'Z';
  };
  while (is_alive() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_FALSE(is_alive());
}

TEST(CommandStep, AChildThatKeepsTheOutputOpenHoldsNothingUp) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(RunShell("sleep 300 & echo here").value(), "here");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(120));
}

}  // namespace
}  // namespace tailrace::app
