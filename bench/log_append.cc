// How fast the log takes records: one thread, 64 appends outstanding, of one record each, then of 200.
//
//   log_append DIRECTORY [SECONDS]
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "log/log.h"

namespace tailrace {
namespace {

constexpr size_t kOutstanding = 64;
constexpr size_t kValueBytes = 150;

// Appends that are done, to be sent again by the one thread that appends.
class Finished {
 public:
  void Add(size_t slot) {
    const std::lock_guard lock(mutex_);
    slots_.push_back(slot);
    if (slots_.size() == 1) ready_.notify_one();
  }
  std::vector<size_t> Take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !slots_.empty(); });
    return std::exchange(slots_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<size_t> slots_;
};

struct Slot final : AppendWaiter {
  void OnAppended(const Result<Appended>& result) override {
    if (!result) {
      std::fprintf(stderr, "%s\n", result.error().message().c_str());
      std::exit(3);
    }
    finished->Add(index);
  }
  Finished* finished = nullptr;
  size_t index = 0;
};

void Measure(const std::string& directory, size_t records_per_append, double seconds) {
  log::LogOptions options;
  options.directory = directory;
  auto log = log::Log::Open(options, {{"bench", "log/bench" + std::to_string(records_per_append), 1}},
                            PosixFileSystem(), SystemClock());
  if (!log) {
    std::fprintf(stderr, "%s\n", log.error().message().c_str());
    std::exit(3);
  }
  const std::string value(kValueBytes, 'x');
  const std::vector<NewRecord> records(records_per_append, NewRecord{value});
  Finished finished;
  std::vector<Slot> slots(kOutstanding);
  for (size_t i = 0; i < kOutstanding; ++i) {
    slots[i].finished = &finished;
    slots[i].index = i;
    finished.Add(i);
  }
  int64_t appends = 0;
  const auto start = std::chrono::steady_clock::now();
  double elapsed = 0;
  size_t outstanding = 0;
  bool sending = true;
  while (sending || outstanding > 0) {
    const std::vector<size_t> done = finished.Take();
    if (appends > 0) outstanding -= done.size();
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    sending = elapsed < seconds;
    if (!sending) continue;
    for (const size_t slot : done) {
      if (!(*log)->Append({StreamId{0}, PartitionId{0}, records}, &slots[slot])) std::exit(3);
      ++appends;
      ++outstanding;
    }
  }
  std::printf("%zu records an append: %.0f appends/s, %.0f records/s\n", records_per_append,
              static_cast<double>(appends) / elapsed,
              static_cast<double>(appends) * static_cast<double>(records_per_append) / elapsed);
}

}  // namespace
}  // namespace tailrace

int main(int argc, char** argv) {
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  tailrace::Measure(argv[1], 1, seconds);
  tailrace::Measure(argv[1], 200, seconds);
  return 0;
}
