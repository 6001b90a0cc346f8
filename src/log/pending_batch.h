// A batch under construction: encoded by the threads that append, so that the writer has only its header to fill in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "log/idempotency.h"
#include "log/origin_header.h"
#include "log/record_batch.h"
#include "ports/event_log.h"

namespace tailrace::log {

// Threads: one at a time; the partition's lock guards it until the writer has taken it.
class PendingBatch {
 public:
  struct Waiting {
    AppendWaiter* waiter = nullptr;
    int32_t first = 0;  // record of the batch
  };
  struct Keyed {
    KeyHash hash;
    uint64_t digest = 0;
    int32_t first = 0;
    int32_t records = 0;
  };
  struct Repeated {  // told once it is known how the first request with the key ended
    AppendWaiter* waiter = nullptr;
    KeyHash hash;
  };
  struct Placed {
    SourcePosition position;
    int32_t record = 0;
  };

  // Upper bound of what a request takes.
  static size_t BytesMax(const AppendRequest& request);

  // `hash` belongs to the request's idempotency key, if it has one. The request has records.
  void Add(const AppendRequest& request, const KeyHash& hash, AppendWaiter* waiter);
  // A request that has a position and no records.
  void AddMark(const SourcePosition& position, AppendWaiter* waiter);
  void AddRepeated(AppendWaiter* waiter, const KeyHash& hash) { repeated_.push_back({waiter, hash}); }

  // Writes `_seq`, header and checksum. Once. `packed` is room for the result when it is compressed.
  // kInternal: the compressor failed.
  Result<std::string_view> Seal(BatchHeader header, Seq first_seq, Compression compression, ByteBuffer* packed);

  // Empties it for another use, keeping at most `keep_bytes` of memory.
  void Reset(size_t keep_bytes);

  bool marks_only() const { return records_ == 0 && !placed_.empty(); }
  bool empty() const { return records_ == 0 && placed_.empty() && repeated_.empty(); }
  int32_t records() const { return records_; }
  size_t bytes() const { return bytes_.size(); }
  void AddAdmitted(size_t bytes) { admitted_bytes_ += bytes; }
  void RemoveAdmitted(size_t bytes) { admitted_bytes_ -= bytes; }
  size_t admitted_bytes() const { return admitted_bytes_; }
  const std::vector<Waiting>& waiting() const { return waiting_; }
  const std::vector<Keyed>& keyed() const { return keyed_; }
  const std::vector<Repeated>& repeated() const { return repeated_; }
  const std::vector<Placed>& placed() const { return placed_; }
  const std::vector<OriginCount>& origins() const { return origins_.counts(); }

 private:
  ByteBuffer bytes_;   // room for the header, then the records
  size_t seq_at_ = 0;  // where the value of `_seq` goes
  int32_t records_ = 0;
  size_t admitted_bytes_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<Keyed> keyed_;
  std::vector<Repeated> repeated_;
  std::vector<Placed> placed_;
  OriginWriter origins_;
};

// The value of kKeyHeader.
inline constexpr size_t kKeyHeaderBytes = 16 + 8 + 4;
struct KeyHeader {
  KeyHash hash;
  uint64_t digest = 0;
  int32_t records = 0;  // of the request, this one being its last
};
Result<KeyHeader> DecodeKeyHeader(std::string_view value);

}  // namespace tailrace::log
