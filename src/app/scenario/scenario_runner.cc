#include "app/scenario/scenario_runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/scenario/scenario.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

// A test that takes longer stands still.
constexpr std::chrono::seconds kScenarioMax{120};

constexpr const char* kOwnProgram = "/proc/self/exe";

// Removed with all that is in it when destroyed.
class ScratchFolder {
 public:
  static Result<ScratchFolder> Make() {
    std::error_code failed;
    std::string pattern = (fs::temp_directory_path(failed) / "tailrace-test-XXXXXX").string();
    if (failed || ::mkdtemp(pattern.data()) == nullptr) {
      return Fail(Error::Unavailable(fmt::format("cannot make {}: {}", pattern, std::strerror(errno))));
    }
    return ScratchFolder(std::move(pattern));
  }

  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Asks to stop when `outer` does, or when the time is over.
class Deadline {
 public:
  explicit Deadline(const std::stop_token& outer)
      : forward_(outer, [this] { stop_.request_stop(); }),
        timer_([this](const std::stop_token& owner) { Sleep(owner); }) {}

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void Sleep(const std::stop_token& owner) {
    std::unique_lock lock(mutex_);
    if (!woken_.wait_for(lock, owner, kScenarioMax, [&] { return owner.stop_requested(); })) stop_.request_stop();
  }

  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread timer_;
};

Result<int> WaitForChild(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return Fail(Error::Unavailable(fmt::format("waitpid: {}", std::strerror(errno))));
  }
  return status;
}

// The child has all signals open again: those that the parent keeps for its listener would be blocked in it.
Result<pid_t> Spawn(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int code = ::posix_spawn(&child, kOwnProgram, nullptr, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (code != 0) return Fail(Error::Unavailable(fmt::format("cannot start a process: {}", std::strerror(code))));
  return child;
}

Status CrashInChild(const config::Pipeline& pipeline, size_t test_index, const std::string& data) {
  TR_TRY(const pid_t child, Spawn({"tailrace", "test", pipeline.path, kCrashTestOption, std::to_string(test_index),
                                   kCrashDataOption, data}));
  TR_TRY(const int status, WaitForChild(child));
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == kTooFewCommitsExit) {
    return Fail(Error::Invalid(
        fmt::format("crash_after: {} is beyond the last commit", pipeline.tests[test_index].crash_after)));
  }
  return Fail(Error::Internal(fmt::format("the process that should crash ended with status {:#x}", status)));
}

Status RunInFolder(const config::Pipeline& pipeline, size_t test_index, const std::string& data,
                   const std::stop_token& stop, std::vector<std::string>* failures) {
  const config::TestSpec& test = pipeline.tests[test_index];
  if (test.crash_after > 0) TR_RETURN_IF_ERROR(CrashInChild(pipeline, test_index, data));
  TR_TRY(const auto scenario, Scenario::Open(pipeline, test, {.data = data, .on_commit = {}}));
  Status done = scenario->Feed(stop);
  if (done) done = scenario->Verify(stop);
  *failures = scenario->failures();
  return done;
}

}  // namespace

std::vector<std::string> RunScenario(const config::Pipeline& pipeline, size_t test_index, const std::stop_token& stop) {
  std::vector<std::string> failures;
  auto folder = ScratchFolder::Make();
  if (!folder) return {folder.error().message()};
  const Deadline deadline(stop);
  const Status done = RunInFolder(pipeline, test_index, folder->path(), deadline.token(), &failures);
  if (done) return failures;
  const bool late = done.error().code() == ErrorCode::kCancelled && !stop.stop_requested();
  failures.push_back(late ? fmt::format("took more than {} s", kScenarioMax.count()) : done.error().message());
  return failures;
}

Result<int64_t> FeedUntilCrash(const config::Pipeline& pipeline, size_t test_index, const std::string& data) {
  const config::TestSpec& test = pipeline.tests[test_index];
  std::atomic<int64_t> commits_seen{0};
  const auto on_commit = [&](int64_t commits) {
    commits_seen = commits;
    if (commits >= test.crash_after) ::kill(::getpid(), SIGKILL);
  };
  TR_TRY(const auto scenario, Scenario::Open(pipeline, test, {.data = data, .on_commit = on_commit}));
  const Deadline deadline({});
  TR_RETURN_IF_ERROR(scenario->Feed(deadline.token()));
  return commits_seen.load();
}

}  // namespace tailrace::app
