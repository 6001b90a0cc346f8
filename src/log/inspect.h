// Shows what stands in the segments of a log, batch by batch. Behind `tailrace log inspect`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "log/pending_batch.h"
#include "log/record_batch.h"

namespace tailrace::log {

struct InspectOptions {
  bool records = false;        // also the records of each batch
  int64_t from = 0;            // batches that end at or below this offset are left out
  int64_t batches_max = 1000;  // of all segments together
};

struct InspectedRecord {
  int64_t offset = 0;
  int64_t seq = 0;
  std::optional<std::string> key;
  std::string value;
  std::optional<KeyHeader> idempotency;
  std::optional<SourcePosition> position;
  std::string origin;  // for people; of the records from here on. Empty: as the one before, or unknown
};

struct InspectedBatch {
  std::string file;
  int64_t byte = 0;
  BatchHeader header;
  int64_t first_seq = 0;
  std::string problem;  // empty when the batch is as it was written; else only file and byte are known
  std::vector<InspectedRecord> records;
};

struct Inspection {
  std::vector<InspectedBatch> batches;
  bool more = false;  // batches_max was reached
};

// `path` is a segment, a partition, a stream or anything above them. Only reads.
// Errors: kNotFound and those of reading; damage is shown where it lies.
Result<Inspection> InspectLog(FileSystem& files, const std::string& path, const InspectOptions& options);

// For people.
std::string RenderInspection(const Inspection& inspection);

}  // namespace tailrace::log
