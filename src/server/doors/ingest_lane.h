// Ingest on one loop: requests in flight, from their bodies to their answers.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/doors/append_completions.h"
#include "server/doors/ingest.h"
#include "server/doors/ingest_call.h"
#include "server/doors/record_reader.h"

namespace tailrace::server {

// Threads: the loop's own.
class IngestLane {
 public:
  // `reader` is of the lane's own, for bodies that are read on the loop.
  IngestLane(Ingest& ingest, Executor& loop, std::unique_ptr<RecordReader> reader);

  void Append(const ExchangePtr& exchange, const IngestDoor& door);

 private:
  void AppendLarge(const ExchangePtr& exchange, const IngestDoor& door);

  // These also on a worker's thread, which has the call to itself until it is back on the loop.
  // What the request brings; an answer instead when nothing of it is to be appended, as of a dry run.
  std::optional<Reply> Read(RecordReader& reader, IngestCall& call) const;
  size_t Submit(IngestCall& call);
  bool SubmitPart(AppendPart& part, AppendRequest request);
  void WriteLetters(IngestCall& call, const Origin& origin);
  Origin NewOrigin(IngestCall& call, uint64_t digest);

  void OnPartEnded(AppendPart& part);
  void End(IngestCall& call, size_t ended);
  void Finish(IngestCall& call);
  void Answer(IngestCall& call, Reply reply);

  IngestCall& NewCall();

  Ingest& ingest_;
  Executor& loop_;
  std::atomic<uint64_t> requests_named_{0};
  AppendCompletions completions_;
  const std::unique_ptr<RecordReader> reader_;
  std::vector<std::unique_ptr<IngestCall>> calls_;
  std::vector<IngestCall*> free_calls_;
};

}  // namespace tailrace::server
