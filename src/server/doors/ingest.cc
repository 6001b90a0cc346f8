#include "server/doors/ingest.h"

#include <fmt/format.h>

#include "engine/load_desk.h"
#include "server/doors/body_workers.h"
#include "server/doors/envelope.h"
#include "server/doors/ingest_lane.h"
#include "server/http/named_things.h"

namespace tailrace::server {

namespace {

// As many as keep one core busy: large bodies are not what must be answered at once.
constexpr int kBodyWorkers = 1;

// A stream is paused for minutes, or until somebody has looked.
constexpr std::string_view kPausedRetryAfterSeconds = "10";

}  // namespace

Ingest::Ingest(const Services& services, const Limits& limits, ByteBudget& body_bytes, Admission& admission)
    : services_(services), limits_(limits), body_bytes_(body_bytes), admission_(admission),
      request_prefix_(fmt::format("r{:x}-", services.clock.Now().micros)) {}

Ingest::~Ingest() = default;

void Ingest::Start() { workers_->Start(); }
void Ingest::Stop() { workers_->Stop(); }

Result<std::unique_ptr<Ingest>> Ingest::Create(const Services& services, const Limits& limits, ByteBudget& body_bytes,
                                               Admission& admission, const std::vector<Executor*>& loops) {
  std::unique_ptr<Ingest> ingest(new Ingest(services, limits, body_bytes, admission));
  std::vector<RecordDecoder> decoders;
  const std::vector<config::StreamSpec>& streams = services.pipeline.streams;
  for (size_t i = 0; i < streams.size(); ++i) {
    TR_TRY(RecordDecoder decoder, RecordDecoder::Compile(streams[i].schema, streams[i].key));
    decoders.push_back(std::move(decoder));
    ingest->schemas_.push_back(engine::SchemaFingerprint(streams[i].schema));
    ingest->streams_by_name_.emplace(streams[i].name, i);
    for (const std::string& alias : streams[i].aliases) ingest->streams_by_name_.emplace(alias, i);
    ingest->stream_doors_.push_back(DoorOfStream(services.pipeline, i));
    const MetricLabels labels = {{"stream", streams[i].name}};
    ingest->counters_.push_back(
        {services.metrics.AddCounter("tailrace_ingest_accepted_records_total", "Records accepted over HTTP, on stable storage.", labels),
         services.metrics.AddCounter("tailrace_ingest_rejected_records_total", "Records refused over HTTP.", labels)});
  }
  const auto new_reader = [&](size_t first_turn) {
    std::vector<RecordDecoder> own;
    for (const RecordDecoder& decoder : decoders) own.push_back(decoder.Clone());
    return std::make_unique<RecordReader>(ingest->services_, limits, body_bytes, static_cast<uint32_t>(first_turn), std::move(own));
  };
  for (Executor* loop : loops) ingest->lanes_.push_back(std::make_unique<IngestLane>(*ingest, *loop, new_reader(loop->index())));
  std::vector<std::unique_ptr<RecordReader>> readers;
  for (int i = 0; i < kBodyWorkers; ++i) readers.push_back(new_reader(loops.size() + static_cast<size_t>(i)));
  ingest->workers_ = std::make_unique<BodyWorkers>(std::move(readers));
  return ingest;
}

int Ingest::FindStream(std::string_view name) const {
  const auto found = streams_by_name_.find(name);
  return found == streams_by_name_.end() ? -1 : static_cast<int>(found->second);
}

void Ingest::AppendToStream(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const int stream = FindStream(name);
  if (stream < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  Append(exchange, stream_doors_[static_cast<size_t>(stream)]);
}

std::optional<Reply> Ingest::PausedReplyOf(size_t stream) const {
  if (services_.rejects == nullptr || !services_.rejects->IsPaused(stream)) return std::nullopt;
  const auto trouble = services_.rejects->Known(stream);
  const std::string& name = services_.pipeline.streams[stream].name;
  Reply reply = ErrorReply(503, "paused", trouble ? trouble->reason : "stream " + name + " was paused a moment ago",
                           "GET /dlq/" + name + " shows what was refused; POST /dlq/" + name + "/resume lets the stream go on");
  for (auto& [field, value] : reply.headers) {
    if (field == "Retry-After") value = kPausedRetryAfterSeconds;
  }
  return reply;
}

void Ingest::CountLoaded(size_t stream, const engine::LoadReceipt& receipt) {
  counters_[stream].accepted.Add(static_cast<uint64_t>(receipt.accepted));
  counters_[stream].rejected.Add(static_cast<uint64_t>(receipt.refused));
}

void Ingest::Append(const ExchangePtr& exchange, const IngestDoor& door) {
  for (const DoorTarget& target : door.targets) {
    if (auto paused = PausedReplyOf(target.stream))
      return exchange->Send(door.envelope == nullptr ? std::move(*paused) : door.envelope->Dress(std::move(*paused)));
  }
  lanes_[exchange->loop().index()]->Append(exchange, door);
}

}  // namespace tailrace::server
