#include "ports/testing/fake_event_log.h"

#include <algorithm>

#include "model/record_decoder.h"

namespace tailrace {
namespace {

LogBatch Render(PartitionId partition, int64_t base_offset, int64_t base_seq, int64_t timestamp_ms, int64_t from,
                const std::function<std::pair<const std::string*, const std::string*>(size_t)>& record, size_t count) {
  auto buffer = std::make_shared<std::string>();
  for (size_t i = 0; i < count; ++i) {
    const auto [key, value] = record(i);
    if (key != nullptr) *buffer += *key;
    *buffer += *value;
  }
  buffer->append(RecordDecoder::kPadding, '\0');
  LogBatch batch{partition, timestamp_ms, {}, buffer};
  const char* at = buffer->data();
  for (size_t i = 0; i < count; ++i) {
    const auto [key, value] = record(i);
    LogRecord read{
        Offset{base_offset + static_cast<int64_t>(i)}, Seq{base_seq + static_cast<int64_t>(i)}, std::nullopt, {}};
    if (key != nullptr) {
      read.key = std::string_view(at, key->size());
      at += key->size();
    }
    read.value = std::string_view(at, value->size());
    at += value->size();
    if (read.offset.value >= from) batch.records.push_back(read);
  }
  return batch;
}

void Count(std::vector<OriginCount>* counts, const std::string& name, int64_t records) {
  for (OriginCount& count : *counts) {
    if (count.name != name) continue;
    count.records += records;
    return;
  }
  counts->push_back({name, records});
}

}  // namespace

std::shared_ptr<const FakeEventLog::StoredOrigin> FakeEventLog::Keep(const AppendRequest& request) {
  auto stored = std::make_shared<StoredOrigin>();
  if (request.origin != nullptr) stored->origin = *request.origin;
  stored->name = stored->origin.name;
  stored->client = stored->origin.client;
  stored->item = stored->origin.item;
  stored->request = stored->origin.request;
  for (const NewRecord& record : request.records) stored->places.push_back(record.place);
  return stored;
}

std::vector<OriginRun> FakeEventLog::RunsOf(const StoredOrigin& stored, int64_t base_offset) {
  OriginRun run{Offset{base_offset}, stored.origin, stored.places.empty() ? 0 : stored.places.front(), {}};
  run.origin.name = stored.name;
  run.origin.client = stored.client;
  run.origin.item = stored.item;
  run.origin.request = stored.request;
  for (size_t i = 1; i < stored.places.size(); ++i) run.steps.push_back(stored.places[i] - stored.places[i - 1]);
  return {run};
}

FakeEventLog::FakeEventLog(std::vector<int32_t> partitions, Clock& clock) : clock_(clock) {
  for (const int32_t count : partitions) {
    Stream stream;
    stream.partitions.resize(static_cast<size_t>(count));
    streams_.push_back(std::move(stream));
  }
}

FakeEventLog::Partition* FakeEventLog::Find(StreamId stream, PartitionId partition) {
  if (stream.value < 0 || stream.value >= std::ssize(streams_)) return nullptr;
  auto& partitions = streams_[static_cast<size_t>(stream.value)].partitions;
  if (partition.value < 0 || partition.value >= std::ssize(partitions)) return nullptr;
  return &partitions[static_cast<size_t>(partition.value)];
}

void FakeEventLog::Hold(StreamId stream, PartitionId partition) {
  const std::lock_guard lock(mutex_);
  Find(stream, partition)->holding = true;
}

void FakeEventLog::Release(StreamId stream, PartitionId partition) {
  Told told;
  {
    const std::lock_guard lock(mutex_);
    Find(stream, partition)->holding = false;
    Settle(*Find(stream, partition), &told);
  }
  Tell(stream, told);
}

void FakeEventLog::Fence(StreamId stream, PartitionId partition) {
  Told told;
  {
    const std::lock_guard lock(mutex_);
    Partition& found = *Find(stream, partition);
    found.fenced = Error::Unavailable("fenced by the test");
    for (const Batch& batch : found.held) told.emplace_back(batch.waiter, Fail(*found.fenced));
    found.held.clear();
  }
  Tell(stream, told);
}

void FakeEventLog::Refuse(Error error) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(error);
}

void FakeEventLog::Accept() {
  const std::lock_guard lock(mutex_);
  refusal_.reset();
}

void FakeEventLog::FailReads(StreamId stream, PartitionId partition, Error error) {
  const std::lock_guard lock(mutex_);
  Find(stream, partition)->read_error = std::move(error);
}

void FakeEventLog::MendReads(StreamId stream, PartitionId partition) {
  const std::lock_guard lock(mutex_);
  Find(stream, partition)->read_error.reset();
}

void FakeEventLog::Truncate(StreamId stream, PartitionId partition, Offset begin) {
  const std::lock_guard lock(mutex_);
  Partition& found = *Find(stream, partition);
  found.begin = begin.value;
  while (!found.batches.empty() &&
         found.batches.front().base_offset + std::ssize(found.batches.front().records) <= begin.value) {
    found.batches.pop_front();
  }
}

void FakeEventLog::Restart() {
  const std::lock_guard lock(mutex_);
  stopped_ = false;
  for (Stream& stream : streams_) {
    stream.subscribers.clear();
    for (Partition& partition : stream.partitions) {
      partition.held.clear();
      partition.holding = false;
      partition.fenced.reset();
    }
  }
}

void FakeEventLog::Settle(Partition& partition, Told* told) {
  for (Batch& batch : partition.held) {
    const auto known = partition.keys.find(batch.idempotency_key);
    if (!batch.idempotency_key.empty() && known != partition.keys.end()) {
      Appended again = known->second.appended;
      again.duplicate = true;
      Count(&partition.repeated, batch.origin->name, std::ssize(batch.records));
      told->emplace_back(batch.waiter, again);
      continue;
    }
    batch.base_offset = partition.end();
    const Appended appended{Offset{batch.base_offset}, Seq{batch.base_seq}};
    if (!batch.idempotency_key.empty()) partition.keys[batch.idempotency_key] = {appended, batch.digest};
    if (batch.position) partition.positions[{batch.position->source, batch.position->item}] = *batch.position;
    told->emplace_back(batch.waiter, appended);
    if (!batch.records.empty()) Count(&partition.origins, batch.origin->name, std::ssize(batch.records));
    if (!batch.records.empty()) partition.batches.push_back(std::move(batch));
  }
  partition.held.clear();
}

void FakeEventLog::Tell(StreamId stream, const Told& told) {
  for (const auto& [waiter, result] : told) waiter->OnAppended(result);
  std::vector<std::function<void()>> subscribers;
  {
    const std::lock_guard lock(mutex_);
    subscribers = streams_[static_cast<size_t>(stream.value)].subscribers;
  }
  for (const auto& subscriber : subscribers) subscriber();
}

Status FakeEventLog::Append(const AppendRequest& request, AppendWaiter* waiter) {
  Told told;
  {
    const std::lock_guard lock(mutex_);
    Partition* const partition = Find(request.stream, request.partition);
    if (partition == nullptr) return Fail(Error::NotFound("no such stream or partition"));
    if (request.records.empty() && request.position == nullptr) return Fail(Error::Invalid("nothing to append"));
    if (stopped_) return Fail(Error::Unavailable("the log is stopping"));
    if (refusal_) return Fail(*refusal_);
    if (partition->fenced) return Fail(*partition->fenced);
    const auto known = partition->keys.find(std::string(request.idempotency_key));
    if (!request.idempotency_key.empty() && known != partition->keys.end() &&
        known->second.digest != request.idempotency_digest) {
      return Fail(Error::Conflict("the idempotency key was used for another request"));
    }
    Batch batch;
    newest_ms_ = std::max(newest_ms_, clock_.Now().millis());
    batch.timestamp_ms = newest_ms_;
    batch.base_seq = next_seq_;
    next_seq_ += std::ssize(request.records);
    for (const NewRecord& record : request.records) {
      Stored stored{std::nullopt, std::string(record.value)};
      if (record.key) stored.key = std::string(*record.key);
      batch.records.push_back(std::move(stored));
    }
    batch.idempotency_key = request.idempotency_key;
    batch.digest = request.idempotency_digest;
    if (request.position != nullptr) batch.position = *request.position;
    batch.origin = Keep(request);
    batch.waiter = waiter;
    partition->held.push_back(std::move(batch));
    if (partition->holding) return {};
    Settle(*partition, &told);
  }
  Tell(request.stream, told);
  return {};
}

Result<std::vector<LogBatch>> FakeEventLog::Read(StreamId stream, PartitionId partition, Offset from,
                                                 size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  const Partition* const found = Find(stream, partition);
  if (found == nullptr) return Fail(Error::NotFound("no such stream or partition"));
  if (found->read_error) return Fail(*found->read_error);
  if (from.value < found->begin || from.value > found->end()) return Fail(Error::NotFound("no such offset"));
  std::vector<LogBatch> batches;
  size_t bytes = 0;
  for (const Batch& batch : found->batches) {
    if (batch.base_offset + std::ssize(batch.records) <= from.value) continue;
    if (!batches.empty() && bytes >= bytes_max) break;
    const auto record = [&](size_t i) {
      const Stored& stored = batch.records[i];
      return std::pair(stored.key ? &*stored.key : nullptr, &stored.value);
    };
    batches.push_back(Render(partition, batch.base_offset, batch.base_seq, batch.timestamp_ms, from.value, record,
                             batch.records.size()));
    batches.back().origins = [origin = batch.origin, base = batch.base_offset] { return RunsOf(*origin, base); };
    bytes += batches.back().buffer->size();
  }
  return batches;
}

Seq FakeEventLog::StableBelow(StreamId stream) {
  const std::lock_guard lock(mutex_);
  int64_t lowest = next_seq_;
  for (const Partition& partition : streams_[static_cast<size_t>(stream.value)].partitions) {
    for (const Batch& batch : partition.held) lowest = std::min(lowest, batch.base_seq);
  }
  return Seq{lowest};
}

std::vector<PartitionStatus> FakeEventLog::Partitions(StreamId stream) const {
  const std::lock_guard lock(mutex_);
  std::vector<PartitionStatus> statuses;
  for (const Partition& partition : streams_[static_cast<size_t>(stream.value)].partitions) {
    PartitionStatus status{Offset{partition.begin}, Offset{partition.end()}, 0, partition.fenced, partition.origins, partition.repeated};
    if (partition.begin == 0) status.origins_gone.emplace();
    for (const Batch& batch : partition.batches) {
      for (const Stored& record : batch.records) status.bytes += std::ssize(record.value);
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

Result<Offset> FakeEventLog::OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) {
  const std::lock_guard lock(mutex_);
  const Partition* const found = Find(stream, partition);
  if (found == nullptr) return Fail(Error::NotFound("no such stream or partition"));
  for (const Batch& batch : found->batches) {
    if (batch.timestamp_ms >= timestamp_ms) return Offset{batch.base_offset};
  }
  return Offset{found->end()};
}

std::vector<std::optional<SourcePosition>> FakeEventLog::SourcePositions(StreamId stream, std::string_view source,
                                                                         std::string_view item) {
  const std::lock_guard lock(mutex_);
  std::vector<std::optional<SourcePosition>> positions;
  for (const Partition& partition : streams_[static_cast<size_t>(stream.value)].partitions) {
    const auto found = partition.positions.find({std::string(source), std::string(item)});
    positions.push_back(found == partition.positions.end() ? std::nullopt : std::optional(found->second));
  }
  return positions;
}

void FakeEventLog::Subscribe(StreamId stream, std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  streams_[static_cast<size_t>(stream.value)].subscribers.push_back(std::move(changed));
}

void FakeEventLog::Stop() {
  std::vector<std::pair<StreamId, Told>> all;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (size_t i = 0; i < streams_.size(); ++i) {
      Told told;
      for (Partition& partition : streams_[i].partitions) Settle(partition, &told);
      if (!told.empty()) all.emplace_back(StreamId{static_cast<int32_t>(i)}, std::move(told));
    }
  }
  for (const auto& [stream, told] : all) Tell(stream, told);
}

}  // namespace tailrace
