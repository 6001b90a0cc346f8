// What the gate admits never touches a file. It runs on an instance without the second wall, so that the gate alone stands between
// the text and the files; every call that could reach one goes by a tripwire (see the link options).
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <mutex>
#include <stop_token>
#include <thread>

#include "fuzz.h"
#include "sql/duckdb.h"
#include "sql/gate.h"
#include "sql/query_cursor.h"

namespace {

std::atomic<bool> armed{false};

// What DuckDB looks up about the machine whatever it runs.
bool IsOfTheMachine(const char* path) {
  const std::string_view text(path);
  return text.starts_with("/proc/") || text.starts_with("/sys/");
}

void Trip(const char* call, const char* path) {
  if (!armed.load() || IsOfTheMachine(path)) return;
  armed = false;   // the fuzzer writes the input to a file
  std::fprintf(stderr, "does not hold: what the gate admits touches no file: %s(%s)\n", call, path);
  std::abort();
}

}  // namespace

#define WRAP_PATH(type, name, parameters, arguments, path) \
  type __real_##name parameters;                           \
  type __wrap_##name parameters {                          \
    Trip(#name, path);                                     \
    return __real_##name arguments;                        \
  }

extern "C" {
int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  Trip("open", path);
  va_list rest;
  va_start(rest, flags);
  const int mode = (flags & O_CREAT) != 0 ? va_arg(rest, int) : 0;
  va_end(rest);
  return __real_open(path, flags, mode);
}
WRAP_PATH(int, creat, (const char* path, mode_t mode), (path, mode), path)
WRAP_PATH(FILE*, fopen, (const char* path, const char* mode), (path, mode), path)
WRAP_PATH(int, __xstat, (int version, const char* path, struct stat* to), (version, path, to), path)
WRAP_PATH(int, __lxstat, (int version, const char* path, struct stat* to), (version, path, to), path)
WRAP_PATH(int, access, (const char* path, int mode), (path, mode), path)
WRAP_PATH(int, unlink, (const char* path), (path), path)
WRAP_PATH(int, remove, (const char* path), (path), path)
WRAP_PATH(int, rename, (const char* path, const char* to), (path, to), path)
WRAP_PATH(int, mkdir, (const char* path, mode_t mode), (path, mode), path)
WRAP_PATH(int, rmdir, (const char* path), (path), path)
WRAP_PATH(DIR*, opendir, (const char* path), (path), path)
WRAP_PATH(ssize_t, readlink, (const char* path, char* to, size_t size), (path, to, size), path)
WRAP_PATH(char*, realpath, (const char* path, char* to), (path, to), path)
WRAP_PATH(void*, dlopen, (const char* path, int flags), (path, flags), path == nullptr ? "" : path)
WRAP_PATH(int, socket, (int domain, int type, int protocol), (domain, type, protocol), "a socket")
}

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 512;
constexpr std::chrono::milliseconds kQueryTimeMax{200};
constexpr int kBlocksMax = 4;

// Stops what runs longer than it may.
class Watchdog {
 public:
  Watchdog() : thread_([this](std::stop_token stop) { Watch(stop); }) {}

  std::stop_token Start() {
    const std::lock_guard lock(mutex_);
    running_ = std::stop_source();
    deadline_ = std::chrono::steady_clock::now() + kQueryTimeMax;
    changed_.notify_all();
    return running_.get_token();
  }
  void Stop() {
    const std::lock_guard lock(mutex_);
    deadline_ = std::chrono::steady_clock::time_point::max();
  }

 private:
  void Watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (deadline_ == std::chrono::steady_clock::time_point::max()) {
        changed_.wait(lock, stop, [this] { return deadline_ != std::chrono::steady_clock::time_point::max(); });
      } else if (std::chrono::steady_clock::now() >= deadline_) {
        deadline_ = std::chrono::steady_clock::time_point::max();
        running_.request_stop();
      } else {
        changed_.wait_until(lock, stop, deadline_, [] { return false; });
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::stop_source running_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::jthread thread_;
};

class Warehouse {
 public:
  Warehouse() {
    sql::DatabaseOptions options;
    options.path = ":memory:";
    options.threads = 1;
    options.memory_bytes_max = size_t{256} << 20;
    options.lock = false;
    database_ = std::move(*sql::Database::Open(options));
    connection_ = std::move(*database_->Connect());
    Require(connection_
                ->Execute("CREATE TABLE sales AS SELECT range AS i, 'x' AS k, [range] AS l, {'a': range} AS s FROM range(10);"
                          "CREATE TABLE rates AS SELECT 'x' AS k, 2 AS r")
                .has_value(),
            "tables can be made");
    // The first query of an instance looks at the machine.
    (void)connection_->Query("SELECT count(*) FROM sales JOIN rates USING (k)");
  }

  void Run(const std::string& text) {
    const std::stop_token stop = watchdog_.Start();
    armed = true;
    Drain(text, stop);
    armed = false;
    watchdog_.Stop();
  }

 private:
  void Drain(const std::string& text, const std::stop_token& stop) {
    auto cursor = sql::QueryCursor::Open(*connection_, text, {}, stop);
    if (!cursor) return;
    for (int block = 0; block < kBlocksMax; ++block) {
      const auto more = (*cursor)->Next();
      if (!more || !*more) return;
    }
  }

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  Watchdog watchdog_;
};

bool IsKnown(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower == "sales" || lower == "rates";
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  static Warehouse warehouse;
  const Copy copy(input);
  // What was parsed before must not be taken for the input.
  Require(sql::Select::Parse("SELECT 1").has_value(), "a SELECT is one");
  armed = true;
  auto select = sql::Select::Parse(copy.text());
  const bool admitted = select && !sql::RefuseUserSelect(*select, IsKnown);
  armed = false;
  if (!admitted) return;
  warehouse.Run(std::string(copy.text()));
  // As it is written again it must be admitted again: that is the text that runs.
  const auto text = select->Text();
  if (!text) return;
  const auto again = sql::Select::Parse(*text);
  Require(again.has_value(), "a SELECT that is written again is a SELECT");
  Require(!sql::RefuseUserSelect(*again, IsKnown), "a SELECT that is written again is admitted again");
  warehouse.Run(*text);
}

}  // namespace tailrace::fuzz
