// Reads the records of a request: expands the body, takes it apart, checks each record against its stream's schema.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/record_decoder.h"
#include "server/doors/body_format.h"
#include "server/doors/envelope.h"
#include "server/doors/ingest_call.h"
#include "server/http/byte_budget.h"
#include "server/http/reply.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

// Threads:   one at a time; it has decoders of its own.
// Ownership: borrows everything.
class RecordReader {
 public:
  // `decoders` by index of the stream. `first_turn`: where the turns among partitions begin, so that readers differ.
  RecordReader(const Services& services, const Limits& limits, ByteBudget& body_bytes, uint32_t first_turn,
               std::vector<RecordDecoder> decoders);

  // Fills the call's parts, errors and refused records. An answer instead: nothing of the request is to be appended.
  std::optional<Reply> Read(IngestCall& call);

 private:
  struct StreamState {
    RecordDecoder decoder;
    int32_t partitions = 1;
    uint32_t turn = 0;  // of the partition that the next request's records without a key go to
  };
  struct Options {
    bool atomic = false;
  };
  struct RecordPlace {
    int64_t record = 0;    // zero-based
    int64_t line = 0;      // from 1; 0 where the format has none
    std::string_view raw;  // the record as it came
    std::optional<std::string_view> key = std::nullopt;    // of the door; counts where the stream has none
    std::optional<PartitionId> partition = std::nullopt;  // asked for; counts where no key decides
  };
  struct Refusal {
    size_t stream = 0;
    std::string_view part;  // the JSON that was to go there; empty: there is none
    Fault fault;
  };

  std::optional<Reply> ReadRequest(IngestCall& call, Options& options);
  std::optional<Reply> ReadOptions(IngestCall& call, Options& options);
  std::optional<Reply> ReadBody(IngestCall& call);
  std::optional<Reply> ReadJson(IngestCall& call);
  std::optional<Reply> ReadLines(IngestCall& call);
  std::optional<Reply> ReadCsv(IngestCall& call, bool latin1);
  std::optional<Reply> ReadWrapped(IngestCall& call);
  void TakeWrapped(IngestCall& call, const WrappedRecord& wrapped, int64_t record);

  // One record, by all its targets or by none. False: it is no JSON.
  bool Take(IngestCall& call, std::string_view json, const RecordPlace& place, Fault* malformed);
  bool TakePart(IngestCall& call, const DoorTarget& target, std::string_view json, const RecordPlace& place, Refusal* refusal);
  void Reject(IngestCall& call, const RecordPlace& place, Refusal refusal);
  PartitionId PickPartition(const IngestCall& call, StreamState& state, std::optional<PartitionId> asked,
                            std::optional<std::string_view> key);

  // Memory for what is made of a body counts like the body. False: there is no more of it.
  bool Charge(IngestCall& call, size_t bytes);
  // The same for what has been made so far; looked at now and then.
  bool ChargeForRecords(IngestCall& call);

  const Services& services_;
  const Limits& limits_;
  ByteBudget& body_bytes_;
  std::vector<StreamState> streams_;

  struct TakenPart {
    AppendPart* part = nullptr;
    NewRecord record;
  };
  std::vector<TakenPart> taken_;  // of the record being taken
};

}  // namespace tailrace::server
