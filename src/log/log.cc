#include "log/log.h"

#include <algorithm>
#include <utility>

#include "log/recovery.h"
#include "log/stream_file.h"

namespace tailrace::log {
namespace {

constexpr int64_t kSegmentBytesMax = int64_t{1} << 30;

Status CheckOptions(const LogOptions& options, const std::vector<StreamOptions>& streams) {
  if (options.segment_bytes < 1 || options.segment_bytes > kSegmentBytesMax) {
    return Fail(Error::Invalid("segment_bytes is from 1 to " + std::to_string(kSegmentBytesMax)));
  }
  for (const StreamOptions& stream : streams) {
    if (stream.partitions < 1 || stream.partitions > kPartitionsMax) {
      return Fail(
          Error::Invalid("stream " + stream.name + ": partitions are from 1 to " + std::to_string(kPartitionsMax)));
    }
  }
  return {};
}

// Makes the directories of `path` below `root`. Each level is synced also when it is there: a process that was killed
// may have made it and not got so far.
Status MakeLevels(FileSystem& files, const std::string& root, const std::string& path) {
  for (size_t slash = root.size(); slash != std::string::npos;) {
    const size_t next = path.find('/', slash + 1);
    TR_RETURN_IF_ERROR(files.MakeDirectory(path.substr(0, next)));
    TR_RETURN_IF_ERROR(files.SyncDirectory(path.substr(0, slash)));
    slash = next;
  }
  return {};
}

std::string PartitionPath(const std::string& stream, int32_t partition) {
  return stream + "/" + std::to_string(partition);
}

Result<bool> HasRecords(FileSystem& files, const std::string& directory, int32_t partitions,
                        const LogOptions& options) {
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const auto recovered = RecoverPartition(files, PartitionPath(directory, partition), options, 0);
    if (!recovered && recovered.error().code() == ErrorCode::kNotFound) continue;
    if (!recovered) return Fail(recovered.error());
    if (recovered->segments.end > 0 || recovered->damage) return true;
  }
  return false;
}

}  // namespace

Log::Log(LogOptions options, FileSystem& files, Clock& clock)
    : options_(std::move(options)), files_(files), clock_(clock), budget_(options_.in_flight_bytes_max) {}

Log::~Log() { Stop(); }

Result<std::unique_ptr<Log>> Log::Open(LogOptions options, std::vector<StreamOptions> streams, FileSystem& files,
                                       Clock& clock) {
  TR_RETURN_IF_ERROR(CheckOptions(options, streams));
  int64_t partitions = 0;
  for (const StreamOptions& stream : streams) partitions += stream.partitions;
  options.idempotency_keys_max = IdempotencyKeysOf(options, partitions);
  std::unique_ptr<Log> log(new Log(std::move(options), files, clock));
  int64_t next_seq = 1;
  int64_t newest_ms = 0;
  for (size_t i = 0; i < streams.size(); ++i) {
    TR_RETURN_IF_ERROR(log->OpenStream(static_cast<int32_t>(i), std::move(streams[i]), &next_seq, &newest_ms));
  }
  log->sequencer_.StartAt(next_seq, newest_ms);
  return log;
}

Status Log::OpenStream(int32_t index, StreamOptions options, int64_t* next_seq, int64_t* newest_ms) {
  const std::string directory = options_.directory + "/" + options.directory;
  TR_RETURN_IF_ERROR(MakeDirectories(files_, options_.directory));
  TR_RETURN_IF_ERROR(MakeLevels(files_, options_.directory, directory));
  TR_RETURN_IF_ERROR(AdoptStream(options, directory));
  auto stream = std::make_unique<Stream>();
  stream->options = std::move(options);
  const PartitionContext context{files_, clock_, options_, sequencer_, budget_};
  const auto changed = [stream = stream.get()] {
    for (const auto& subscriber : stream->subscribers) subscriber();
  };
  for (int32_t partition = 0; partition < stream->options.partitions; ++partition) {
    std::string path = PartitionPath(directory, partition);
    TR_RETURN_IF_ERROR(MakeLevels(files_, directory, path));
    TR_TRY(RecoveredPartition recovered, RecoverPartition(files_, path, options_, clock_.Now().millis()));
    *next_seq = std::max(*next_seq, recovered.next_seq);
    *newest_ms = std::max(*newest_ms, recovered.newest_ms);
    stream->partitions.push_back(std::make_unique<Partition>(context, std::move(path), PartitionId{partition},
                                                             sequencer_.AddPartition(index), std::move(recovered),
                                                             changed));
  }
  streams_.push_back(std::move(stream));
  return {};
}

Status Log::AdoptStream(const StreamOptions& stream, const std::string& directory) {
  const auto there = ReadStreamFile(files_, directory);
  if (!there && there.error().code() != ErrorCode::kNotFound) return Fail(there.error());
  if (there && there->partitions == stream.partitions) return {};
  if (there) {
    TR_TRY(const bool has_records, HasRecords(files_, directory, there->partitions, options_));
    if (has_records) {
      return Fail(Error::Invalid("stream " + stream.name + " has records in " + std::to_string(there->partitions) +
                                 " partitions; their number cannot become " + std::to_string(stream.partitions)));
    }
  }
  return WriteStreamFile(files_, directory, {stream.name, stream.partitions});
}

Result<Partition*> Log::Find(StreamId stream, PartitionId partition) const {
  if (stream.value < 0 || static_cast<size_t>(stream.value) >= streams_.size())
    return Fail(Error::NotFound("no such stream"));
  const auto& partitions = streams_[static_cast<size_t>(stream.value)]->partitions;
  if (partition.value < 0 || static_cast<size_t>(partition.value) >= partitions.size()) {
    return Fail(Error::NotFound("no such partition: " + std::to_string(partition.value)));
  }
  return partitions[static_cast<size_t>(partition.value)].get();
}

Status Log::Append(const AppendRequest& request, AppendWaiter* waiter) {
  TR_TRY(Partition* const partition, Find(request.stream, request.partition));
  return partition->Append(request, waiter);
}

Result<std::vector<LogBatch>> Log::Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) {
  TR_TRY(Partition* const found, Find(stream, partition));
  return found->Read(from, bytes_max);
}

Seq Log::StableBelow(StreamId stream) { return sequencer_.StableBelow(stream.value); }

std::vector<PartitionStatus> Log::Partitions(StreamId stream) const {
  std::vector<PartitionStatus> statuses;
  for (const auto& partition : streams_[static_cast<size_t>(stream.value)]->partitions)
    statuses.push_back(partition->status());
  return statuses;
}

Result<Offset> Log::OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) {
  TR_TRY(Partition* const found, Find(stream, partition));
  return found->OffsetOfTime(timestamp_ms);
}

std::vector<std::optional<SourcePosition>> Log::SourcePositions(StreamId stream, std::string_view source,
                                                                std::string_view item) {
  std::vector<std::optional<SourcePosition>> positions;
  for (const auto& partition : streams_[static_cast<size_t>(stream.value)]->partitions) {
    positions.push_back(partition->PositionOf(source, item));
  }
  return positions;
}

void Log::Subscribe(StreamId stream, std::function<void()> changed) {
  streams_[static_cast<size_t>(stream.value)]->subscribers.push_back(std::move(changed));
}

Status Log::Retain(StreamId stream, const RetentionPolicy& policy, const Positions& low_water) {
  const auto& partitions = streams_[static_cast<size_t>(stream.value)]->partitions;
  if (low_water.size() != partitions.size())
    return Fail(Error::Invalid("retention needs a low-water mark for each partition"));
  for (size_t i = 0; i < partitions.size(); ++i) TR_RETURN_IF_ERROR(partitions[i]->Retain(policy, low_water[i]));
  return {};
}

void Log::Stop() {
  for (const auto& stream : streams_) {
    for (const auto& partition : stream->partitions) partition->Stop();
  }
}

}  // namespace tailrace::log
