// Reads a log from end to end and names everything in it that is not as it was written. Behind `tailrace log verify`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace tailrace::log {

struct Damage {
  std::string file;
  int64_t byte = 0;
  std::string problem;
  // Records that cannot be read because of it: offsets from `first` up to, but not with, `end`. Equal when there are
  // none.
  int64_t first = 0;
  int64_t end = 0;
};

// Not damage: the next start cuts it.
struct TornTail {
  std::string file;
  int64_t byte = 0;
  int64_t bytes = 0;
};

// Not damage any more: an earlier repair took it out, and says so in the log.
struct LostRecords {
  std::string file;
  int64_t first = 0;
  int64_t end = 0;
};

struct VerifyReport {
  int64_t partitions = 0;
  int64_t segments = 0;
  int64_t batches = 0;
  int64_t records = 0;
  int64_t bytes = 0;
  std::vector<Damage> damage;
  std::vector<TornTail> torn_tails;
  std::vector<LostRecords> gaps;
  bool sound() const { return damage.empty(); }
};

// `path` is a segment, a partition, a stream or anything above them. Only reads. Nobody writes meanwhile.
// Errors: kNotFound and those of reading; damage is in the report.
Result<VerifyReport> VerifyLog(FileSystem& files, const std::string& path);

// "offset 7", "offsets 7 to 9".
std::string RenderOffsets(int64_t first, int64_t end);

// For people: one line for each finding, then a summary.
std::string RenderReport(const VerifyReport& report);

}  // namespace tailrace::log
