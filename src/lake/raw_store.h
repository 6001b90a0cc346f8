// The raw floor of the lake, as far as it is written: an index of its files, and reading them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lake/raw_file.h"
#include "ports/object_store.h"
#include "ports/raw_lake.h"

namespace tailrace::lake {

struct RawStreamOptions {
  StreamId id;
  std::string name;
  int32_t partitions = 1;
  int64_t roll_bytes = int64_t{64} << 20;  // of records, before they are packed
  int64_t roll_after_ms = 600'000;         // since the oldest record that is not in a file came
};

// Threads:   as RawLake; Add from one thread.
// Ownership: borrows `objects`.
class RawStore final : public RawLake {
 public:
  // kCorruption: a file is missing between two others.
  static Result<std::unique_ptr<RawStore>> Open(ObjectStore& objects, std::vector<RawStreamOptions> streams);
  ~RawStore() override;

  std::vector<RawStatus> Partitions(StreamId stream) const override;
  Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) override;
  Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) override;
  std::optional<std::string> ObjectOf(StreamId stream, PartitionId partition, Offset offset) const override;
  Result<RawCount> CountAgain(StreamId stream, PartitionId partition, const std::stop_token& stop) override;

  // A file is there whole, and in its manifest.
  void Add(StreamId stream, const RawCut& cut, int64_t bytes);

  // The cut that was decided last and whose file is not there whole: it comes before any other.
  std::optional<RawCut> UnfinishedCut(StreamId stream, PartitionId partition) const;

  const std::vector<RawStreamOptions>& streams() const { return streams_; }
  ObjectStore& objects() { return objects_; }

 private:
  struct Entry {
    RawCut cut;
    int64_t bytes = 0;
  };
  struct Partition {
    std::map<int64_t, Entry> files;  // by first offset, without gaps
    std::optional<RawCut> unfinished;
  };
  struct OpenFile {
    StreamId stream;
    RawCut cut;
    std::unique_ptr<RawFileReader> reader;
    std::optional<RawLine> ahead;  // read, not yet given out
    Offset next;                   // that it gives out next
  };

  RawStore(ObjectStore& objects, std::vector<RawStreamOptions> streams);
  Status OpenStream(const RawStreamOptions& stream);
  Status CheckLastCut(const RawStreamOptions& stream, PartitionId id, Partition* partition);
  Status DropUnnoted(const RawStreamOptions& stream, Partition* partition);
  const RawStreamOptions* Find(StreamId stream) const;
  std::optional<Entry> EntryOf(StreamId stream, PartitionId partition, Offset offset) const;
  Result<OpenFile> OpenAt(StreamId stream, const RawCut& cut, Offset from);
  Result<std::unique_ptr<RawFileReader>> OpenChecked(const std::string& stream, const RawCut& cut);
  Result<int64_t> CountFile(const std::string& stream, const RawCut& cut, const std::stop_token& stop);

  ObjectStore& objects_;
  const std::vector<RawStreamOptions> streams_;
  mutable std::mutex mutex_;  // guards what follows; not held over I/O
  std::map<std::pair<StreamId, PartitionId>, Partition> partitions_;
  std::vector<OpenFile> open_;  // left where a read ended, for the one that goes on there; the oldest first
};

}  // namespace tailrace::lake
