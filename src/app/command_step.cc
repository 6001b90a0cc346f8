#include "app/command_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tailrace::app {
namespace {

constexpr int kLookMs = 50;
constexpr int kNotStarted = 127;

// In the child, where nothing may be allocated any more.
[[noreturn]] void Become(char* const* words, const char* folder, int output) {
  setpgid(0, 0);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  (void)close_range(STDERR_FILENO + 1, ~0U, 0);  // sockets of the server are not all marked
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir(folder) == 0) execvp(words[0], words);
  const char* why = strerror(errno);
  (void)!write(STDERR_FILENO, why, strlen(why));
  _exit(kNotStarted);
}

// Below 0: there can be none.
pid_t Start(const std::vector<std::string>& words, const std::string& folder, int output) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) Become(argv.data(), folder.c_str(), output);
  if (child > 0) setpgid(child, child);
  return child;
}

// A program that was started as the first of a process group, with the end of a pipe that it writes to. Its number stays its own until Fetch.
class Program {
 public:
  Program(pid_t leader, int output, std::chrono::milliseconds grace) : leader_(leader), output_(output), grace_(grace) {}

  // Until it has ended; after `stop` until its whole group has. True: it was stopped.
  bool Await(const std::stop_token& stop) {
    while (!HasEnded() && !stop.stop_requested()) Listen();
    if (HasEnded()) {
      ListenToTheRest();
      return false;
    }
    kill(-leader_, SIGTERM);
    const auto killed_at = std::chrono::steady_clock::now() + grace_;
    // Who of the group still runs mostly holds its output open.
    while (!(HasEnded() && closed_) && std::chrono::steady_clock::now() < killed_at) Listen();
    kill(-leader_, SIGKILL);
    return true;
  }

  // As waitpid tells it.
  int Fetch() const {
    int status = 0;
    while (waitpid(leader_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  const std::string& said() const { return said_; }

 private:
  bool HasEnded() const {
    siginfo_t ended{};
    return waitid(P_PID, static_cast<id_t>(leader_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == leader_;
  }

  // For kLookMs at most. What is beyond the limit is read and left out.
  void Listen() {
    if (closed_) {
      poll(nullptr, 0, kLookMs);
      return;
    }
    pollfd wait{output_, POLLIN, 0};
    if (poll(&wait, 1, kLookMs) <= 0) return;
    std::array<char, 4096> buffer;
    const ssize_t count = read(output_, buffer.data(), buffer.size());
    closed_ = count == 0;
    if (count > 0) said_.append(buffer.data(), std::min(static_cast<size_t>(count), kCommandOutputMax - said_.size()));
  }

  // What it wrote before it ended, but not what others write who have its output open.
  void ListenToTheRest() {
    size_t before = 0;
    do {
      before = said_.size();
      Listen();
    } while (!closed_ && said_.size() != before);
  }

  const pid_t leader_;
  const int output_;
  const std::chrono::milliseconds grace_;
  std::string said_;
  bool closed_ = false;
};

}  // namespace

Result<std::string> RunCommandStep(const std::vector<std::string>& words, const std::string& folder, const std::stop_token& stop,
                                   std::chrono::milliseconds grace) {
  if (words.empty()) return Fail(Error::Invalid("there is no program"));
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(Error::Exhausted("no more open files"));
  const pid_t child = Start(words, folder, ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return Fail(Error::Exhausted("no more processes"));
  }
  Program program(child, ends[0], grace);
  const bool stopped = program.Await(stop);
  const int status = program.Fetch();
  close(ends[0]);
  std::string said = program.said();
  if (stopped) return Fail(Error::Cancelled("the program was ended"));
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return said.empty() ? "done" : said;
  const std::string how = WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status)) : fmt::format("was killed by signal {}", WTERMSIG(status));
  return Fail(Error::Unavailable(fmt::format("{} {}{}{}", words[0], how, said.empty() ? "" : ": ", said)));
}

}  // namespace tailrace::app
