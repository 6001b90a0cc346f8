#include "app/command_step.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
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

// True once the program has closed its output.
bool Drain(int input, std::string* said) {
  pollfd wait{input, POLLIN, 0};
  if (poll(&wait, 1, kLookMs) <= 0) return false;
  std::array<char, 4096> buffer;
  const ssize_t count = read(input, buffer.data(), buffer.size());
  if (count <= 0) return count == 0;
  said->append(buffer.data(), std::min(static_cast<size_t>(count), kCommandOutputMax - std::min(said->size(), kCommandOutputMax)));
  return false;
}

}  // namespace

Result<std::string> RunCommandStep(const std::vector<std::string>& words, const std::string& folder, const std::stop_token& stop) {
  if (words.empty()) return Fail(Error::Invalid("there is no program"));
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(Error::Exhausted("no more open files"));
  const pid_t child = fork();
  if (child == 0) Become(argv.data(), folder.c_str(), ends[1]);
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return Fail(Error::Exhausted("no more processes"));
  }
  setpgid(child, child);
  std::string said;
  int status = 0;
  bool closed = false;
  bool stopped = false;
  pid_t ended = 0;
  while (ended == 0) {
    if (!closed) closed = Drain(ends[0], &said);
    else usleep(kLookMs * 1000);
    if (stop.stop_requested() && !stopped) {
      stopped = true;
      kill(-child, SIGKILL);
    }
    ended = waitpid(child, &status, WNOHANG);
  }
  while (!closed && poll(nullptr, 0, 0) == 0) {
    const size_t before = said.size();
    closed = Drain(ends[0], &said);
    if (said.size() == before) break;
  }
  close(ends[0]);
  if (stopped) return Fail(Error::Cancelled("the program was killed"));
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return said.empty() ? "done" : said;
  const std::string how = WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status)) : fmt::format("was killed by signal {}", WTERMSIG(status));
  return Fail(Error::Unavailable(fmt::format("{} {}{}{}", words[0], how, said.empty() ? "" : ": ", said)));
}

}  // namespace tailrace::app
