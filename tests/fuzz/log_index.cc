// The indexes beside a segment, replaced by any bytes: only hints, so that every read gives what it gave before.
#include "log_files.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 2 << 10;
// So much that an index has entries.
constexpr int64_t kSegmentBytes = 16 << 10;
constexpr size_t kValueBytes = 600;
constexpr int kAppends = 40;

const LogFiles& BaseLog() {
  static const LogFiles made = MakeLog(OptionsOf(log::Compression::kNone, kSegmentBytes), kAppends, kValueBytes);
  return made;
}

// All that reads by offset and by time answer, as one text.
std::string Answers(FileSystem& files) {
  ManualClock clock({1'700'000'100'000'000});
  const auto log = OpenLog(files, OptionsOf(log::Compression::kNone, kSegmentBytes), clock);
  Require(log != nullptr, "a log opens");
  const PartitionStatus status = log->Partitions(kStream)[0];
  Require(!status.fenced, "an index is no reason to take no appends");
  std::string seen;
  for (Offset from = status.begin; from.value < status.end.value; from = from.Plus(7)) {
    const auto batches = log->Read(kStream, kPartition, from, 1);
    Require(batches && !batches->empty() && !batches->front().records.empty(), "there is a record at each offset");
    const LogRecord& record = batches->front().records.front();
    Require(record.offset == from, "and it is the one that was asked for");
    seen += std::to_string(from.value) + " " + std::string(record.value.substr(0, 12)) + "\n";
  }
  for (int64_t ms = 1'700'000'000'000; ms < 1'700'000'064'000; ms += 3499) {
    const auto offset = log->OffsetOfTime(kStream, kPartition, ms);
    seen += offset ? std::to_string(offset->value) + "\n" : offset.error().message();
  }
  log->Stop();
  return seen;
}

std::string AnswersOf(const LogFiles& of) {
  FaultFileSystem files;
  Restore(files, of);
  return Answers(files);
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const uint8_t mode = choices.Byte();
  const LogFiles& base = BaseLog();
  LogFiles damaged = base;
  std::vector<std::string> indexes;
  for (const auto& [name, bytes] : base) {
    if (log::NumberOf(name, log::kOffsetIndexSuffix) || log::NumberOf(name, log::kTimeIndexSuffix)) indexes.push_back(name);
  }
  Require(!indexes.empty(), "sealed segments have indexes");
  std::string& index = damaged[indexes[choices.Byte() % indexes.size()]];
  if ((mode & 4) != 0) index = std::string(choices.rest());
  else Damage(choices, &index);
  static const std::string expected = AnswersOf(base);
  RequireSame(AnswersOf(damaged), expected, "an index changes no answer");
}

}  // namespace tailrace::fuzz
