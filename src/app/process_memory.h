// What the process itself takes of the machine: memory that its allocator holds on to, and open files.
#pragma once

#include <cstdint>
#include <thread>

namespace tailrace::app {

// Few arenas, each of which keeps what is freed for a while. Before the first thread starts.
void TuneAllocator();

// Lets the process open as many files as it may be allowed to. How many that are.
int64_t RaiseOpenFiles();

// Resident memory without pages of files.
int64_t ResidentBytes();

// Gives freed memory back to the system while the process has little to do, or has more than it may.
// Threads: one of its own, from construction to destruction.
class MemoryKeeper {
 public:
  explicit MemoryKeeper(int64_t bytes_max);

 private:
  void Run(const std::stop_token& stop) const;

  const int64_t bytes_max_;
  std::jthread thread_;
};

}  // namespace tailrace::app
