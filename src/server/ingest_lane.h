// Ingest on one loop: its own decoders, its own turn among the partitions, its own memory for requests in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/record_decoder.h"
#include "server/append_completions.h"
#include "server/body_format.h"
#include "server/ingest.h"
#include "server/ingest_call.h"

namespace tailrace::server {

// Threads: the loop's own.
class IngestLane {
 public:
  // `decoders` by index of the stream.
  IngestLane(Ingest& ingest, Executor& loop, std::vector<RecordDecoder> decoders);

  void Append(const ExchangePtr& exchange, const IngestDoor& door);

 private:
  struct StreamLane {
    RecordDecoder decoder;
    StreamId id;
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
  };
  struct Refusal {
    size_t stream = 0;
    std::string_view part;  // the JSON that was to go there; empty: there is none
    Fault fault;
  };

  std::optional<Reply> ReadRequest(IngestCall& call, Options& options);
  std::optional<Reply> ReadOptions(const IngestCall& call, Options& options);
  std::optional<Reply> ReadBody(IngestCall& call);
  std::optional<Reply> ReadJson(IngestCall& call);
  std::optional<Reply> ReadLines(IngestCall& call);
  std::optional<Reply> ReadCsv(IngestCall& call, bool latin1);

  // One record, by all its targets or by none. False: it is no JSON.
  bool Take(IngestCall& call, std::string_view json, const RecordPlace& place, Fault* malformed);
  bool TakePart(IngestCall& call, const DoorTarget& target, std::string_view json, Refusal* refusal);
  void Reject(IngestCall& call, const RecordPlace& place, Refusal refusal);
  std::string NewRequestId(const IngestCall& call);
  PartitionId PickPartition(const IngestCall& call, StreamLane& lane, std::optional<std::string_view> key);

  void Submit(IngestCall& call);
  void SubmitPart(IngestCall& call, AppendPart& part, AppendRequest request);
  void WriteLetters(IngestCall& call);
  void OnPartEnded(AppendPart& part);
  void Finish(IngestCall& call);
  void Answer(IngestCall& call, Reply reply);

  IngestCall& NewCall();

  Ingest& ingest_;
  const size_t index_;         // of its loop
  const int64_t born_micros_;  // with the index and a count it names a request for ever
  int64_t requests_named_ = 0;
  AppendCompletions completions_;
  std::vector<StreamLane> streams_;
  std::vector<std::unique_ptr<IngestCall>> calls_;
  std::vector<IngestCall*> free_calls_;

  struct TakenPart {
    AppendPart* part = nullptr;
    NewRecord record;
  };
  std::vector<TakenPart> taken_;  // of the record being taken
};

}  // namespace tailrace::server
