#include "lake/raw_store.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"
#include "lake/raw_manifest.h"
#include "model/record_decoder.h"

namespace tailrace::lake {
namespace {

// Files kept open between two reads; each holds its packed bytes in memory.
constexpr size_t kOpenFilesMax = 4;

// Collects records of one time into a batch whose views point into its buffer.
class BatchBuilder {
 public:
  void Add(const RawLine& line) {
    places_.push_back({line.offset, line.seq, line.key ? std::optional(line.key->size()) : std::nullopt, line.value.size()});
    *text_ += line.key.value_or("");
    *text_ += line.value;
  }
  bool empty() const { return places_.empty(); }

  LogBatch Finish(PartitionId partition, int64_t timestamp_ms) {
    LogBatch batch;
    batch.partition = partition;
    batch.timestamp_ms = timestamp_ms;
    text_->append(RecordDecoder::kPadding, '\0');
    std::string_view rest = *text_;
    const auto take = [&](size_t size) {
      const std::string_view taken = rest.substr(0, size);
      rest.remove_prefix(size);
      return taken;
    };
    for (const Place& place : places_) {
      LogRecord record;
      record.offset = Offset{place.offset};
      record.seq = Seq{place.seq};
      if (place.key_bytes) record.key = take(*place.key_bytes);
      record.value = take(place.value_bytes);
      batch.records.push_back(record);
    }
    batch.buffer = std::exchange(text_, std::make_shared<std::string>());
    places_.clear();
    return batch;
  }

 private:
  struct Place {
    int64_t offset = 0;
    int64_t seq = 0;
    std::optional<size_t> key_bytes;
    size_t value_bytes = 0;
  };
  std::shared_ptr<std::string> text_ = std::make_shared<std::string>();
  std::vector<Place> places_;
};

}  // namespace

RawStore::RawStore(ObjectStore& objects, std::vector<RawStreamOptions> streams) : objects_(objects), streams_(std::move(streams)) {}
RawStore::~RawStore() = default;

Result<std::unique_ptr<RawStore>> RawStore::Open(ObjectStore& objects, std::vector<RawStreamOptions> streams) {
  std::unique_ptr<RawStore> store(new RawStore(objects, std::move(streams)));
  for (const RawStreamOptions& stream : store->streams_) TR_RETURN_IF_ERROR(store->OpenStream(stream));
  return store;
}

Status RawStore::OpenStream(const RawStreamOptions& stream) {
  for (int32_t p = 0; p < stream.partitions; ++p) partitions_[{stream.id, PartitionId{p}}] = {};
  TR_TRY(const auto objects, objects_.List(std::string(kRawFolder) + stream.name + "/"));
  for (const ObjectInfo& object : objects) {
    const auto cut = ParseRawObjectName(stream.name, object.name);
    if (!cut) continue;
    if (cut->partition.value >= stream.partitions) {
      return Fail(Error::Invalid(object.name + " is of a partition that " + stream.name + " does not have"));
    }
    partitions_[{stream.id, cut->partition}].files[cut->first.value] = {*cut, object.bytes};
  }
  for (int32_t p = 0; p < stream.partitions; ++p) {
    Partition& partition = partitions_[{stream.id, PartitionId{p}}];
    TR_RETURN_IF_ERROR(CheckLastCut(stream, PartitionId{p}, &partition));
    TR_RETURN_IF_ERROR(DropUnnoted(stream, &partition));
    int64_t next = partition.files.empty() ? 0 : partition.files.begin()->first;
    for (const auto& [first, entry] : partition.files) {
      if (first != next) {
        return Fail(Error::Corruption("the lake holds nothing of offsets " + std::to_string(next) + " to " + std::to_string(first - 1) + " of " +
                                      stream.name + "/" + std::to_string(p) + ": " + RawObjectName(stream.name, entry.cut) + " comes next"));
      }
      next = entry.cut.last.value + 1;
    }
  }
  return {};
}

// A kill may have come between the decision, the file and its line in the manifest.
Status RawStore::CheckLastCut(const RawStreamOptions& stream, PartitionId id, Partition* partition) {
  TR_TRY(const auto cut, ReadRawCut(objects_, stream.name, id));
  if (!cut) return {};
  TR_TRY(const auto files, ReadRawManifest(objects_, stream.name, cut->hour));
  const bool noted = std::any_of(files.begin(), files.end(), [&](const RawFile& file) { return file.cut == *cut; });
  const auto found = partition->files.find(cut->first.value);
  if (noted && found != partition->files.end() && found->second.cut == *cut) return {};
  partition->files.erase(cut->first.value);
  partition->unfinished = cut;
  return {};
}

// A backup of a running server may hold files that came after it had copied their manifest: the log that comes with them has their records.
Status RawStore::DropUnnoted(const RawStreamOptions& stream, Partition* partition) {
  while (!partition->files.empty()) {
    const auto last = std::prev(partition->files.end());
    TR_TRY(const auto files, ReadRawManifest(objects_, stream.name, last->second.cut.hour));
    const bool noted = std::any_of(files.begin(), files.end(), [&](const RawFile& file) { return file.cut == last->second.cut; });
    if (noted) return {};
    partition->files.erase(last);
  }
  return {};
}

const RawStreamOptions* RawStore::Find(StreamId stream) const {
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const auto& options) { return options.id == stream; });
  return found == streams_.end() ? nullptr : &*found;
}

std::vector<RawStatus> RawStore::Partitions(StreamId stream) const {
  std::vector<RawStatus> all;
  const RawStreamOptions* options = Find(stream);
  if (options == nullptr) return all;
  const std::lock_guard lock(mutex_);
  for (int32_t p = 0; p < options->partitions; ++p) {
    const Partition& partition = partitions_.at({stream, PartitionId{p}});
    RawStatus status;
    if (!partition.files.empty()) {
      status.begin = partition.files.begin()->second.cut.first;
      status.end = partition.files.rbegin()->second.cut.last.Plus(1);
    }
    status.files = std::ssize(partition.files);
    for (const auto& [first, entry] : partition.files) status.bytes += entry.bytes;
    all.push_back(status);
  }
  return all;
}

void RawStore::Add(StreamId stream, const RawCut& cut, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  Partition& partition = partitions_.at({stream, cut.partition});
  partition.files[cut.first.value] = {cut, bytes};
  if (partition.unfinished == cut) partition.unfinished.reset();
}

std::optional<RawCut> RawStore::UnfinishedCut(StreamId stream, PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return partitions_.at({stream, partition}).unfinished;
}

std::optional<RawStore::Entry> RawStore::EntryOf(StreamId stream, PartitionId partition, Offset offset) const {
  const std::lock_guard lock(mutex_);
  const auto found = partitions_.find({stream, partition});
  if (found == partitions_.end()) return std::nullopt;
  const auto& files = found->second.files;
  auto after = files.upper_bound(offset.value);
  if (after == files.begin()) return std::nullopt;
  const Entry& entry = std::prev(after)->second;
  return entry.cut.last < offset ? std::nullopt : std::optional(entry);
}

std::optional<std::string> RawStore::ObjectOf(StreamId stream, PartitionId partition, Offset offset) const {
  const auto entry = EntryOf(stream, partition, offset);
  return entry ? std::optional(RawObjectName(Find(stream)->name, entry->cut)) : std::nullopt;
}

Result<std::unique_ptr<RawFileReader>> RawStore::OpenChecked(const std::string& stream, const RawCut& cut) {
  const std::string name = RawObjectName(stream, cut);
  TR_TRY(const auto files, ReadRawManifest(objects_, stream, cut.hour));
  const auto noted = std::find_if(files.begin(), files.end(), [&](const RawFile& file) { return file.cut == cut; });
  if (noted == files.end()) return Fail(Error::Corruption(name + " is not in the manifest of its hour"));
  auto bytes = objects_.Get(name, kRawFileBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) return Fail(Error::Corruption(name + " is missing"));
  if (!bytes) return Fail(bytes.error());
  if (crypto::HexText(crypto::Sha256(*bytes)) != noted->sha256) return Fail(Error::Corruption(name + " is not what its manifest says: its hash differs"));
  return std::make_unique<RawFileReader>(std::move(*bytes), name);
}

Result<RawStore::OpenFile> RawStore::OpenAt(StreamId stream, const RawCut& cut, Offset from) {
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::find_if(open_.begin(), open_.end(), [&](const OpenFile& file) {
      return file.stream == stream && file.cut == cut && file.next == from;
    });
    if (waiting != open_.end()) {
      OpenFile taken = std::move(*waiting);
      open_.erase(waiting);
      return taken;
    }
  }
  OpenFile file{stream, cut, nullptr, std::nullopt, from};
  TR_TRY(file.reader, OpenChecked(Find(stream)->name, cut));
  do {
    TR_TRY(file.ahead, file.reader->Next());
  } while (file.ahead && file.ahead->offset < from.value);
  return file;
}

Result<std::vector<LogBatch>> RawStore::Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) {
  const auto entry = EntryOf(stream, partition, from);
  if (!entry) return Fail(Error::NotFound("the lake does not hold offset " + std::to_string(from.value)));
  TR_TRY(OpenFile file, OpenAt(stream, entry->cut, from));
  std::vector<LogBatch> batches;
  BatchBuilder builder;
  int64_t timestamp_ms = 0;
  size_t bytes = 0;
  while (file.ahead && (bytes == 0 || bytes < bytes_max)) {
    if (!builder.empty() && file.ahead->timestamp_ms != timestamp_ms) batches.push_back(builder.Finish(partition, timestamp_ms));
    timestamp_ms = file.ahead->timestamp_ms;
    builder.Add(*file.ahead);
    bytes += file.ahead->value.size() + sizeof(LogRecord);
    file.next = Offset{file.ahead->offset + 1};
    TR_TRY(file.ahead, file.reader->Next());
  }
  if (!builder.empty()) batches.push_back(builder.Finish(partition, timestamp_ms));
  if (file.ahead) {
    const std::lock_guard lock(mutex_);
    if (open_.size() >= kOpenFilesMax) open_.erase(open_.begin());
    open_.push_back(std::move(file));
  }
  return batches;
}

Result<Offset> RawStore::OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) {
  std::vector<RawCut> cuts;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [first, entry] : partitions_.at({stream, partition}).files) {
      if ((entry.cut.hour + 1) * kMillisPerHour > timestamp_ms) cuts.push_back(entry.cut);
    }
  }
  for (const RawCut& cut : cuts) {
    TR_TRY(const auto files, ReadRawManifest(objects_, Find(stream)->name, cut.hour));
    const auto noted = std::find_if(files.begin(), files.end(), [&](const RawFile& file) { return file.cut == cut; });
    if (noted != files.end() && noted->last_ms < timestamp_ms) continue;
    TR_TRY(const auto reader, OpenChecked(Find(stream)->name, cut));
    while (true) {
      TR_TRY(const auto line, reader->Next());
      if (!line) break;
      if (line->timestamp_ms >= timestamp_ms) return Offset{line->offset};
    }
  }
  return Partitions(stream)[static_cast<size_t>(partition.value)].end;
}

Result<int64_t> RawStore::CountFile(const std::string& stream, const RawCut& cut, const std::stop_token& stop) {
  TR_TRY(const auto reader, OpenChecked(stream, cut));
  int64_t expected = cut.first.value;
  while (true) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    TR_TRY(const auto line, reader->Next());
    if (!line) break;
    if (line->offset != expected) {
      return Fail(Error::Corruption(RawObjectName(stream, cut) + ": offset " + std::to_string(expected) + " is missing"));
    }
    ++expected;
  }
  if (expected != cut.last.value + 1) return Fail(Error::Corruption(RawObjectName(stream, cut) + ": it ends at offset " + std::to_string(expected - 1)));
  return expected - cut.first.value;
}

Result<RawCount> RawStore::CountAgain(StreamId stream, PartitionId partition, const std::stop_token& stop) {
  std::vector<RawCut> cuts;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [first, entry] : partitions_.at({stream, partition}).files) cuts.push_back(entry.cut);
  }
  RawCount count;
  for (const RawCut& cut : cuts) {
    TR_TRY(const int64_t records, CountFile(Find(stream)->name, cut, stop));
    ++count.files;
    count.records += records;
  }
  return count;
}

}  // namespace tailrace::lake
