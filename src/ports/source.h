// Something that records are read from and that can go on where it stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

// One row as read. Either `json` is a JSON object (not yet checked against the schema, unless `checked`), or `fault` says why there is
// none.
struct SourceRow {
  std::string_view json;   // followed by RecordDecoder::kPadding readable bytes; valid until the next call of Next
  std::string_view raw;    // the bytes of the row as they stand in the source
  std::string fault;       // empty when the row could be read
  int64_t place = 0;       // ascending within the item: byte offset or row number
  int64_t line = 0;        // from 1; 0 where there are no lines
  bool checked = false;    // RecordDecoder takes `json` by the stream's schema, and its key is `key`: it need not be asked
  std::optional<std::string_view> key = std::nullopt;
};

struct SourceBatch {
  std::string item;               // identity of the file the rows come from (a batch never spans two)
  std::string item_name;          // for people: its path
  std::vector<SourceRow> rows;
  int64_t next = 0;               // place after the last row: above every row's place, and no row comes below it
  std::string detail;             // what Seek needs to go on at `next`
  bool item_done = false;         // the item has no more rows now
  bool end = false;               // a finite source has no more items; there are no rows in this batch
  std::string trouble;            // why there are no rows for now and when they are asked for again; for people
};

struct ResumePoint {
  int64_t next = 0;
  std::string detail;
  // Some of what follows may be in the log already: of a batch that began at `next` and ended at `held_next`, with
  // `held_detail`. Nothing is known of it where held_next is not above next.
  int64_t held_next = 0;
  std::string held_detail = {};
};

// Where an item was left, from the log; nullopt when it was never read.
using ResumeLookup = std::function<std::optional<ResumePoint>(std::string_view item)>;

// Threads: one thread.
// Errors:  kUnavailable = of the system, try again; kInvalid = the item is not what the format says, so that nothing more
//          of it can be read; kConflict = the item was cut or written anew since it was read; kCorruption = the position
//          noted for it cannot be read. The last three name the item; a further call leaves it alone and goes on with
//          the next.
class Source {
 public:
  virtual ~Source() = default;

  // The next rows, at most about `bytes_max` of them (one row may be larger). A source that follows its input waits
  // until there is something; when `stop` is requested, the batch is empty or the error kCancelled. `resume` is asked
  // once each time an item is opened.
  virtual Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) = 0;

  // For the progress bar: bytes or rows in all, 0 when unknown.
  virtual int64_t SizeHint() const = 0;
};

}  // namespace tailrace
