#include "lake/raw_writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/crash_point.h"
#include "crypto/digest.h"
#include "lake/raw_manifest.h"

namespace tailrace::lake {
namespace {

constexpr size_t kReadBytes = size_t{2} << 20;
// How often it looks whether a file is due. A file that is full waits no longer than this.
constexpr std::chrono::milliseconds kBetweenSteps{1000};

}  // namespace

RawWriter::RawWriter(RawStore& store, EventLog& log, Clock& clock, EnduranceLimits endurance)
    : store_(store), log_(log), clock_(clock), standstills_("raw lake", endurance) {}
RawWriter::~RawWriter() { Stop(); }

Status RawWriter::Step() { return StepAll(false); }
Status RawWriter::Flush() { return StepAll(true); }

Status RawWriter::StepAll(bool flush) {
  const std::lock_guard one(step_mutex_);
  Status first;
  for (const RawStreamOptions& stream : store_.streams()) {
    if (!flush && !standstills_.IsDue(stream.name, clock_.Monotonic())) continue;
    const Status done = StepStream(stream, flush);
    standstills_.Note(stream.name, done, clock_.Monotonic());
    if (!done && first) first = done;
  }
  return first;
}

Status RawWriter::StepStream(const RawStreamOptions& stream, bool flush) {
  for (int32_t p = 0; p < stream.partitions; ++p) {
    if (const Status done = StepPartition(stream, PartitionId{p}, flush); !done) {
      return Fail(done.error().With("the raw lake of " + stream.name + "/" + std::to_string(p)));
    }
  }
  return {};
}

Status RawWriter::StepPartition(const RawStreamOptions& stream, PartitionId partition, bool flush) {
  if (const auto unfinished = store_.UnfinishedCut(stream.id, partition)) TR_RETURN_IF_ERROR(WriteFile(stream, *unfinished));
  // The bound is read before the records: whatever lies below it is readable from here on.
  const Seq stable = log_.StableBelow(stream.id);
  const PartitionStatus status = log_.Partitions(stream.id)[static_cast<size_t>(partition.value)];
  const auto [found, is_new] = pending_.try_emplace({stream.id, partition});
  Pending& pending = found->second;
  if (is_new) {
    const RawStatus held = store_.Partitions(stream.id)[static_cast<size_t>(partition.value)];
    // A lake that a stream was given later begins where its log begins then.
    pending.first = held.files == 0 ? status.begin : held.end;
    pending.next = pending.first;
  }
  while (true) {
    TR_TRY(const bool full, LookFurther(stream, partition, status.end, stable, &pending));
    if (pending.next == pending.first) return {};
    const bool old = clock_.Now().millis() - pending.first_ms >= stream.roll_after_ms;
    if (!full && !old && !flush) return {};
    const RawCut cut{partition, pending.first, Offset{pending.next.value - 1}, pending.hour};
    TR_RETURN_IF_ERROR(WriteRawCut(store_.objects(), stream.name, cut));
    TR_CRASH_POINT("lake.cut_decided");
    TR_RETURN_IF_ERROR(WriteFile(stream, cut));
    pending = {pending.next, pending.next};
  }
}

// True: the file ends before `pending->next`, as the record there does not belong into it.
Result<bool> RawWriter::LookFurther(const RawStreamOptions& stream, PartitionId partition, Offset end, Seq stable, Pending* pending) {
  while (pending->next < end) {
    TR_TRY(const auto batches, log_.Read(stream.id, partition, pending->next, kReadBytes));
    if (batches.empty()) return false;
    for (const LogBatch& batch : batches) {
      const int64_t hour = batch.timestamp_ms / kMillisPerHour;
      for (const LogRecord& record : batch.records) {
        if (record.offset >= end || record.seq >= stable) return false;
        const bool is_first = pending->next == pending->first;
        const auto size = static_cast<int64_t>(record.value.size() + record.key.value_or("").size());
        if (!is_first && (hour != pending->hour || pending->bytes + size > stream.roll_bytes)) return true;
        if (is_first) {
          pending->hour = hour;
          pending->first_ms = batch.timestamp_ms;
        }
        pending->bytes += size;
        pending->next = record.offset.Plus(1);
      }
    }
  }
  return false;
}

Status RawWriter::WriteFile(const RawStreamOptions& stream, const RawCut& cut) {
  RawFileBuilder builder;
  RawFile file;
  file.cut = cut;
  Offset next = cut.first;
  while (next <= cut.last) {
    TR_TRY(const auto batches, log_.Read(stream.id, cut.partition, next, kReadBytes));
    if (batches.empty()) return Fail(Error::Internal("the log ends before a file that was cut from it"));
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        if (record.offset > cut.last) break;
        TR_RETURN_IF_ERROR(builder.Add(record, batch.timestamp_ms));
        if (next == cut.first) file.first_ms = batch.timestamp_ms;
        file.last_ms = batch.timestamp_ms;
        next = record.offset.Plus(1);
      }
      if (next > cut.last) break;
    }
  }
  file.records = builder.records();
  TR_TRY(const std::string bytes, builder.Finish());
  file.bytes = std::ssize(bytes);
  file.sha256 = crypto::HexText(crypto::Sha256(bytes));
  const std::string name = RawObjectName(stream.name, cut);
  TR_TRY(const bool is_new, store_.objects().PutIfAbsent(name, bytes));
  TR_CRASH_POINT("lake.raw_written");
  if (!is_new) {
    // One that a kill left. Another version of the compressor may pack the same lines into other bytes.
    const auto there = store_.objects().Get(name, kRawFileBytesMax);
    if (!there || *there != bytes) TR_RETURN_IF_ERROR(store_.objects().Put(name, bytes));
  }
  TR_RETURN_IF_ERROR(AddToRawManifest(store_.objects(), stream.name, file));
  TR_CRASH_POINT("lake.raw_noted");
  store_.Add(stream.id, cut, file.bytes);
  return {};
}

void RawWriter::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void RawWriter::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void RawWriter::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    (void)Step().has_value();  // what fails is in Troubles
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, kBetweenSteps, [] { return false; });
  }
}

}  // namespace tailrace::lake
