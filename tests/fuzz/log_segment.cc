// Files of a log, damaged: a start never ends the process, names damage or cuts a tail, says the same when it starts again,
// serves nothing that does not check, and goes on taking records where it says that it does.
#include "log/inspect.h"
#include "log/record_batch.h"
#include "log/verify.h"
#include "log_files.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 4 << 10;
constexpr int64_t kSegmentBytes = 1024;

const LogFiles& BaseLog(size_t which) {
  static const std::vector<LogFiles> logs = {MakeLog(OptionsOf(log::Compression::kNone, kSegmentBytes), 12, 0),
                                             MakeLog(OptionsOf(log::Compression::kLz4, kSegmentBytes), 12, 0),
                                             MakeLog(OptionsOf(log::Compression::kZstd, kSegmentBytes), 12, 0),
                                             MakeLog(OptionsOf(log::Compression::kNone, kSegmentBytes), 2, 0)};
  return logs[which % logs.size()];
}

// Lengths, offsets and checksums made right again, so that what is behind them is reached.
void Mend(std::string* segment, bool offsets, int64_t base) {
  size_t at = 0;
  while (segment->size() - at >= log::kBatchHeaderBytes) {
    log::BatchHeader header = log::DecodeBatchHeader(segment->data() + at);
    const int64_t total = header.total_bytes();
    if (total < static_cast<int64_t>(log::kBatchHeaderBytes) || total > static_cast<int64_t>(segment->size() - at)) return;
    if (offsets) {
      header.base_offset = base;
      log::EncodeBatchHeader(header, segment->data() + at);
    }
    base = header.end_offset();
    log::SealBatchCrc(segment->data() + at, static_cast<size_t>(total));
    at += static_cast<size_t>(total);
  }
}

struct Seen {
  bool fenced = false;
  std::vector<std::string> records;
};

// Opens, reads all that can be read, and looks at it.
Seen OpenAndRead(FileSystem& files, Clock& clock) {
  const auto log = OpenLog(files, OptionsOf(log::Compression::kNone, kSegmentBytes), clock);
  Require(log != nullptr, "damage is an answer, not a failure to open");
  const PartitionStatus status = log->Partitions(kStream)[0];
  Seen seen;
  seen.fenced = status.fenced.has_value();
  Require(status.begin.value <= status.end.value, "a partition begins before it ends");
  Offset from = status.begin;
  while (from.value < status.end.value) {
    const auto batches = log->Read(kStream, kPartition, from, size_t{1} << 20);
    if (!batches) {
      // A start reads only the segments behind the newest snapshot; damage before it is found by whoever reads it.
      Require(batches.error().code() == ErrorCode::kCorruption, "what cannot be read is called damage");
      Require(!batches.error().message().empty(), "and named");
      break;
    }
    Require(!batches->empty(), "below the end there is a record or an error");
    for (const LogBatch& batch : *batches) {
      for (const LogRecord& record : batch.records) {
        Require(record.offset.value >= from.value && record.offset.value < status.end.value, "offsets go up, within the partition");
        from = record.offset.Plus(1);
        seen.records.push_back(std::to_string(record.offset.value) + " " + std::string(record.value));
      }
    }
  }
  (void)log->SourcePositions(kStream, "file", "item");
  (void)log->OffsetOfTime(kStream, kPartition, 1'700'000'003'000);
  const auto appended = AppendValues(*log, kStream, kPartition, {"new"}, "a new key");
  Require(appended.has_value() != seen.fenced, "a partition takes appends or says why not");
  log->Stop();
  return seen;
}

void Check(FileSystem& files) {
  ManualClock clock({1'700'000'100'000'000});
  const auto report = log::VerifyLog(files, kDirectory);
  if (report) (void)log::RenderReport(*report);
  const auto inspection = log::InspectLog(files, kDirectory, {.records = true});
  if (inspection) (void)log::RenderInspection(*inspection);
  const Seen first = OpenAndRead(files, clock);
  const Seen second = OpenAndRead(files, clock);
  Require(first.fenced == second.fenced, "a second start says what the first said");
  Require(second.records.size() >= first.records.size(), "a second start has what the first had");
  for (size_t i = 0; i < first.records.size(); ++i) RequireSame(first.records[i], second.records[i], "record for record");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const uint8_t mode = choices.Byte();
  LogFiles damaged = BaseLog(mode & 3);
  if ((mode & 4) != 0) damaged.erase(std::string(log::kSyncedName));
  auto victim = std::next(damaged.begin(), static_cast<std::ptrdiff_t>(choices.Byte() % damaged.size()));
  if ((mode & 8) != 0) victim->second = std::string(choices.rest());
  else Damage(choices, &victim->second);
  const auto base = log::NumberOf(victim->first, log::kSegmentSuffix);
  if (base && (mode & 16) != 0) Mend(&victim->second, (mode & 32) != 0, *base);
  FaultFileSystem files;
  Restore(files, damaged);
  Check(files);
}

}  // namespace tailrace::fuzz
