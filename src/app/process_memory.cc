#include "app/process_memory.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>

namespace tailrace::app {
namespace {

// glibc makes eight arenas a core otherwise, and memory freed in one is of no use to the others.
constexpr int kArenas = 4;
// Larger blocks come from the system and go back to it, each time as pages that the system has to clear. The most that glibc takes.
constexpr int kOwnMappingBytes = 32 << 20;
// So much freed memory an arena keeps for what comes next; MemoryKeeper gives it back. glibc's own 128 KiB, which stay once the value
// above is fixed, make a bulk load fetch and return the same pages all the time: a tenth of its processor time.
constexpr int kKeptByArenaBytes = 64 << 20;
// Of which it fetches so many at once.
constexpr int kFetchedAtOnceBytes = 4 << 20;
constexpr std::chrono::milliseconds kBetweenLooks{1000};
// Of a core, between two looks: a process below it has little to do.
constexpr double kIdleShare = 0.1;
// Freed memory worth giving back.
constexpr int64_t kWorthBytes = 8 << 20;
// More of the whole than this counts as too much.
constexpr double kHighShare = 0.9;

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int64_t FreedBytes() { return static_cast<int64_t>(mallinfo2().fordblks); }

}  // namespace

void TuneAllocator() {
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kOwnMappingBytes);
  mallopt(M_TRIM_THRESHOLD, kKeptByArenaBytes);
  mallopt(M_TOP_PAD, kFetchedAtOnceBytes);
}

int64_t RaiseOpenFiles() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
  (void)getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur == RLIM_INFINITY ? INT64_MAX : static_cast<int64_t>(files.rlim_cur);
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  int64_t shared = 0;
  statm >> size >> resident >> shared;
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

MemoryKeeper::MemoryKeeper(int64_t bytes_max)
    : bytes_max_(bytes_max), thread_([this](const std::stop_token& stop) {
        pthread_setname_np(pthread_self(), "memory");
        Run(stop);
      }) {}

void MemoryKeeper::Run(const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  double before = ProcessorSeconds();
  while (!woken.wait_for(lock, stop, kBetweenLooks, [&] { return stop.stop_requested(); })) {
    const double now = ProcessorSeconds();
    const bool is_idle = now - before < kIdleShare * std::chrono::duration<double>(kBetweenLooks).count();
    const bool is_high = static_cast<double>(ResidentBytes()) > kHighShare * static_cast<double>(bytes_max_);
    if ((is_idle || is_high) && FreedBytes() > kWorthBytes) malloc_trim(0);
    before = ProcessorSeconds();
  }
}

}  // namespace tailrace::app
