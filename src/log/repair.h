// Makes a damaged log writable again. Behind `tailrace log repair`.
//
// What can be had whole is kept or mended; a damaged stretch is taken out, its bytes kept in a file beside
// (FIRST-LAST.quarantine), and a gap that names the lost offsets stands in its place (gap.h). Small files are made
// again from the log where it tells the same, set aside where it does not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "log/gap.h"

namespace tailrace::log {

struct RepairedLoss {
  std::string segment;
  LostOffsets lost;  // empty: the bytes held no record
  std::string problem;
  std::string quarantine;  // path of the file with what was there; empty when nothing was
};

struct RepairReport {
  int64_t partitions = 0;
  std::vector<RepairedLoss> losses;
  std::vector<std::string> mended;         // nothing was lost with it
  std::vector<std::string> forgotten;      // no records, but something else that was known
  std::vector<std::string> beyond_repair;  // stays as it is
  int64_t lost_records() const;
  bool sound() const { return losses.empty() && mended.empty() && forgotten.empty() && beyond_repair.empty(); }
};

// `roots` are the directories above all streams of one server: the numbers of its records are taken from one sequence.
// Those that are not there are left out. With `dry_run` nothing is changed and the report says what would be.
// Threads:    nobody else uses the log meanwhile.
// Errors:     kNotFound: no root is there; those of the file system. It may be repeated after any of them, or after a
//             crash: what is done stays done.
// Durability: a quarantine file is durable before its bytes leave the segment; a segment is the old one or the new one.
Result<RepairReport> RepairLog(FileSystem& files, const std::vector<std::string>& roots, bool dry_run);

// For people.
std::string RenderRepair(const RepairReport& report, bool dry_run);

}  // namespace tailrace::log
