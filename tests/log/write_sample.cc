// Writes a log for others to read, and says what is in it.
//
//   log_write_sample DIRECTORY none|lz4|zstd
//
// Prints one line for each record: partition, offset, sequence number, time in ms, key as "k" and hex or "-", value as
// "v" and hex.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "log/log.h"

namespace tailrace {
namespace {

constexpr int kAppends = 60;
constexpr int64_t kSegmentBytes = 16384;

class Waiter final : public AppendWaiter {
 public:
  void OnAppended(const Result<Appended>& result) override {
    const std::lock_guard lock(mutex_);
    result_ = result;
    told_.notify_one();
  }
  Appended Wait() {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [this] { return result_.has_value(); });
    if (!*result_) Die(result_->error());
    return **result_;
  }
  [[noreturn]] static void Die(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    std::exit(3);
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<Result<Appended>> result_;
};

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

log::Compression CompressionNamed(std::string_view name) {
  if (name == "lz4") return log::Compression::kLz4;
  if (name == "zstd") return log::Compression::kZstd;
  return log::Compression::kNone;
}

struct Sample {
  std::vector<std::string> values;
  std::vector<NewRecord> records;
};

// Letters that do not repeat themselves, so that compressed segments grow, too.
std::string Noise(size_t size, uint64_t seed) {
  SeededRandom random(seed);
  std::string text;
  while (text.size() < size) text += static_cast<char>('A' + random.Below(26));
  return text;
}

// Values of many lengths, so that every width of a varint occurs.
Sample MakeSample(int number) {
  Sample sample;
  for (int i = 0; i <= number % 7; ++i) {
    const auto size = static_cast<size_t>(number * i * 4);
    sample.values.push_back("{\"n\":" + std::to_string(number) + ",\"text\":\"" + std::string(size, 'a') +
                            Noise(size, size) + "\"}");
  }
  if (number == 5) sample.values[0] = "";
  if (number == 6) sample.values[0] = "caf\xc3\xa9 \xe2\x82\xac";
  for (const std::string& value : sample.values) {
    NewRecord record{value};
    if (number % 2 == 0) record.key = std::string_view("key 0123456789").substr(0, static_cast<size_t>(number % 14));
    sample.records.push_back(record);
  }
  return sample;
}

void Write(const std::string& directory, log::Compression compression) {
  ManualClock clock({1'700'000'000'000'000});
  log::LogOptions options;
  options.directory = directory;
  options.compression = compression;
  options.compressed_batch_bytes_min = 0;
  options.segment_bytes = kSegmentBytes;
  auto log = log::Log::Open(options, {{"sample", "sample", 2}}, PosixFileSystem(), clock);
  if (!log) Waiter::Die(log.error());
  for (int number = 0; number < kAppends; ++number) {
    clock.Advance(std::chrono::milliseconds(1500));
    const Sample sample = MakeSample(number);
    const PartitionId partition{number % 3 == 0 ? 1 : 0};
    const SourcePosition position{"file", "item", number, "line"};
    const std::string key = number % 4 == 0 ? "request " + std::to_string(number) : "";
    Waiter waiter;
    const Status taken =
        (*log)->Append({StreamId{0}, partition, sample.records, key, number % 5 == 0 ? &position : nullptr}, &waiter);
    if (!taken) Waiter::Die(taken.error());
    const Appended appended = waiter.Wait();
    for (size_t i = 0; i < sample.records.size(); ++i) {
      const NewRecord& record = sample.records[i];
      std::printf("%d %lld %lld %lld %s %s\n", partition.value,
                  static_cast<long long>(appended.first.value + static_cast<int64_t>(i)),
                  static_cast<long long>(appended.first_seq.value + static_cast<int64_t>(i)),
                  static_cast<long long>(clock.Now().millis()), record.key ? ("k" + Hex(*record.key)).c_str() : "-",
                  ("v" + Hex(record.value)).c_str());
    }
  }
  (*log)->Stop();
}

}  // namespace
}  // namespace tailrace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: log_write_sample DIRECTORY none|lz4|zstd\n");
    return 2;
  }
  tailrace::Write(argv[1], tailrace::CompressionNamed(argv[2]));
  return 0;
}
