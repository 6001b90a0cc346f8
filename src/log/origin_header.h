// Origins as they stand in the headers of a batch's records: docs/formats/log.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/record_batch.h"
#include "model/origin.h"
#include "ports/event_log.h"

namespace tailrace::log {

// Of the first record of an append: what differs from the append before it in the batch.
inline constexpr std::string_view kOriginHeader = "_from";

// Counts by an origin's name. A handful of names: a list is enough.
void AddTo(std::vector<OriginCount>* counts, std::string_view name, int64_t records);

// Writes the headers of one batch after the other, keeping its memory.
// Threads: one at a time.
class OriginWriter {
 public:
  // Upper bound of what an append's header takes.
  static size_t BytesMax(const AppendRequest& request);

  // The value of the header for the next append of the batch, valid until the next call; empty: no header is needed.
  std::string_view Next(const AppendRequest& request);

  // Of the batch so far.
  const std::vector<OriginCount>& counts() const { return counts_; }

  // For the next batch.
  void Reset();

 private:
  void PutWho(const Origin& origin);
  void PutPlaces(const AppendRequest& request);

  // Of the append before, with memory that is used again.
  bool told_ = false;
  OriginKind kind_ = OriginKind::kUnknown;
  PlaceUnit unit_ = PlaceUnit::kNone;
  std::string name_;
  std::string client_;
  std::string item_;
  std::string request_;

  std::string value_;
  std::vector<OriginCount> counts_;
};

// Takes the value of a header, behind the runs that were read before it in its batch. kCorruption.
Status ReadOrigin(std::string_view value, Offset first, std::vector<OriginRun>* runs);

// All of a batch's (uncompressed) records. Empty when they say nothing, or nothing that can be read.
std::vector<OriginRun> ReadOrigins(std::string_view records, int64_t base_offset, int32_t count);

}  // namespace tailrace::log
