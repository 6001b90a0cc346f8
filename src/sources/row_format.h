// How rows stand in the text of a file: CSV, JSON lines, or JSON values in an array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/schema.h"
#include "ports/row_batch.h"

namespace tailrace {

// A piece of a file's text, from a border between rows on.
struct TextBlock {
  std::string_view text;   // followed by RecordDecoder::kPadding readable bytes
  bool final = false;      // the file ends with it
  int64_t place = 0;       // of its first byte in the file
};

// What of a block was used.
struct BlockUse {
  size_t bytes = 0;            // from its beginning
  bool long_line = false;      // the only row is a fault whose line goes on: its rest is to be stepped over
};

// Threads: one. Errors: kInvalid: the text is not what the format says.
class RowFormat {
 public:
  virtual ~RowFormat() = default;

  // Reads what stands before the first row, at the beginning of the file. Bytes used; nullopt when more text is needed.
  virtual Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) = 0;

  // Appends the whole rows at the beginning of the block. An error is given only when there is no row before it.
  virtual Result<BlockUse> ReadRows(const TextBlock& block, RowBatch* rows) = 0;

  // Lines up to where rows are read next, for messages.
  int64_t lines() const { return lines_; }

  // What else must be known to go on here; one word.
  virtual std::string State() const { return "-"; }

  // Goes on in the middle: after ReadPreamble, with what lines and State were there.
  virtual void Resume(int64_t lines, const std::string& /*state*/) { lines_ = lines; }

 protected:
  int64_t lines_ = 0;
};

// A row may not be longer than this unless told otherwise (one of CSV not longer than kCsvRowBytesMax).
inline constexpr size_t kRowBytesMax = 16 << 20;

// `key`: rows are checked as records of `schema` by this key (empty: none) while they are read, and marked where that decides; nullopt: they are not.
std::unique_ptr<RowFormat> MakeCsvFormat(const Schema& schema, const std::optional<std::string>& key, bool latin1, size_t row_bytes_max);
// `records`: where the records of each line are (JsonDocument::FindAll); empty: the line is one.
std::unique_ptr<RowFormat> MakeJsonLinesFormat(bool latin1, size_t row_bytes_max, std::string_view records = {});
// One array of values, or values one after the other.
std::unique_ptr<RowFormat> MakeJsonFormat(bool latin1, size_t row_bytes_max);
// The parts that `records` names of each value of the file (as JsonDocument::FindAll, but of a repeated field all).
// Documents of any size: only a record, and what lies between two, has to fit into a row.
std::unique_ptr<RowFormat> MakeJsonRecordsFormat(std::string_view records, size_t row_bytes_max);

}  // namespace tailrace
