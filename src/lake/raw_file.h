// A file of the raw lake: its name, its bytes, and reading it from any record on. docs/formats/lake.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lake/raw_line.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::lake {

// A stretch of a partition that is, or is to be, one file. What the file holds follows from it and the log alone.
struct RawCut {
  PartitionId partition;
  Offset first;
  Offset last;
  int64_t hour = 0;  // of arrival, since the epoch, of all its records
  bool operator==(const RawCut&) const = default;
};

// A file that is there, as its manifest has it.
struct RawFile {
  RawCut cut;
  int64_t bytes = 0;
  int64_t records = 0;
  int64_t first_ms = 0;
  int64_t last_ms = 0;
  std::string sha256;  // in hexadecimal digits
};

inline constexpr std::string_view kRawFolder = "raw/";
inline constexpr int64_t kMillisPerHour = 3'600'000;
// More than this in one file is not read: it was not written by us.
inline constexpr int64_t kRawFileBytesMax = int64_t{1} << 30;

// "raw/sales/2026/11/21/09/"
std::string HourFolder(std::string_view stream, int64_t hour);
// "raw/sales/2026/11/21/09/sales-0-00000000000000000000-00000000000000000812.jsonl.zst"
std::string RawObjectName(std::string_view stream, const RawCut& cut);
// Nullopt: not such a name.
std::optional<RawCut> ParseRawObjectName(std::string_view stream, std::string_view object);

// Packs lines into one Zstandard frame. The same lines in the same order give the same bytes.
// Threads: one.
class RawFileBuilder {
 public:
  RawFileBuilder();
  ~RawFileBuilder();
  // Errors: kInternal = the library refused.
  Status Add(const LogRecord& record, int64_t timestamp_ms);
  // The file. Nothing may be added afterwards.
  Result<std::string> Finish();
  int64_t records() const { return records_; }

 private:
  struct Packer;
  std::unique_ptr<Packer> packer_;
  std::string lines_;  // not yet packed
  int64_t records_ = 0;
};

// Reads a file on from where it was. Threads: one.
class RawFileReader {
 public:
  // `name` is for errors.
  RawFileReader(std::string bytes, std::string name);
  ~RawFileReader();

  // The next record. Nullopt: the file has ended. kCorruption, with the name.
  Result<std::optional<RawLine>> Next();

 private:
  struct Unpacker;
  Result<bool> Fill();
  Error Damaged(std::string_view why) const;

  const std::string bytes_;
  const std::string name_;
  std::unique_ptr<Unpacker> unpacker_;
  std::string text_;  // unpacked
  size_t at_ = 0;     // in it: what is before has been given out
};

}  // namespace tailrace::lake
