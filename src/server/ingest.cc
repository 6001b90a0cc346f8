#include "server/ingest.h"

#include "server/named_things.h"
#include "server/ingest_lane.h"

namespace tailrace::server {

Ingest::Ingest(const Services& services, const Limits& limits, ByteBudget& body_bytes)
    : services_(services), limits_(limits), body_bytes_(body_bytes) {}

Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::Create(const Services& services, const Limits& limits, ByteBudget& body_bytes,
                                               const std::vector<Executor*>& loops) {
  std::unique_ptr<Ingest> ingest(new Ingest(services, limits, body_bytes));
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
  for (Executor* loop : loops) {
    std::vector<RecordDecoder> own;
    for (const RecordDecoder& decoder : decoders) own.push_back(decoder.Clone());
    ingest->lanes_.push_back(std::make_unique<IngestLane>(*ingest, *loop, std::move(own)));
  }
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

void Ingest::Append(const ExchangePtr& exchange, const IngestDoor& door) {
  lanes_[exchange->loop().index()]->Append(exchange, door);
}

}  // namespace tailrace::server
