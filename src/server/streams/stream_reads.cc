#include "server/streams/stream_reads.h"

#include <limits>

#include "model/times.h"
#include "server/http/named_things.h"
#include "server/http/query_args.h"
#include "server/queries/as_of.h"

namespace tailrace::server {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr size_t kReadBytes = 1 << 20;

void WritePartitions(JsonWriter& json, const std::vector<PartitionStatus>& partitions) {
  json.Key("partitions").BeginArray();
  for (size_t i = 0; i < partitions.size(); ++i) {
    json.BeginObject()
        .Int("partition", static_cast<int64_t>(i))
        .Int("begin", partitions[i].begin.value)
        .Int("end", partitions[i].end.value)
        .Int("bytes", partitions[i].bytes);
    if (partitions[i].fenced) json.Text("fenced", partitions[i].fenced->message());
    json.EndObject();
  }
  json.EndArray();
}

void WriteStreamHead(JsonWriter& json, const config::StreamSpec& stream) {
  json.Text("name", stream.name);
  json.Key("aliases").BeginArray();
  for (const std::string& alias : stream.aliases) json.Text(alias);
  json.EndArray();
  if (stream.key.empty()) {
    json.Key("key").Null();
  } else {
    json.Text("key", stream.key);
  }
}

std::string_view UnknownFieldsText(UnknownFields unknown) {
  switch (unknown) {
    case UnknownFields::kReject: return "reject";
    case UnknownFields::kDrop: return "drop";
    case UnknownFields::kKeep: return "keep";
  }
  return "reject";
}

std::vector<AsOf> AsOfEnds(const std::string& stream, const std::vector<PartitionStatus>& partitions) {
  AsOf held{stream, {}};
  for (const PartitionStatus& partition : partitions) held.positions.push_back(partition.end);
  return {held};
}

}  // namespace

void WriteRecord(JsonWriter& json, const LogRecord& record, int64_t timestamp_ms) {
  std::string time;
  AppendRfc3339(timestamp_ms * kMicrosPerMilli, &time);
  json.BeginObject().Int("offset", record.offset.value).Int("seq", record.seq.value).Text("ingested_at", time);
  if (record.key) {
    json.Text("key", *record.key);
  } else {
    json.Key("key").Null();
  }
  json.Raw("value", record.value).EndObject();
}

void StreamReads::List(const ExchangePtr& exchange) {
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("streams").BeginArray();
  const auth::Grant& grant = exchange->request().caller->grant;
  for (size_t i = 0; i < services_.pipeline.streams.size(); ++i) {
    if (!grant.Covers(auth::ThingKind::kStream, services_.pipeline.streams[i].name)) continue;
    json.BeginObject();
    WriteStreamHead(json, services_.pipeline.streams[i]);
    WritePartitions(json, services_.log.Partitions(services_.stream_ids[i]));
    json.EndObject();
  }
  json.EndArray().EndObject();
  exchange->Send(std::move(reply));
}

void StreamReads::Describe(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  const config::StreamSpec& stream = services_.pipeline.streams[static_cast<size_t>(index)];
  const auto partitions = services_.log.Partitions(services_.stream_ids[static_cast<size_t>(index)]);
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject();
  WriteStreamHead(json, stream);
  json.Key("schema").BeginObject();
  for (const Field& field : stream.schema.fields) json.Text(field.name, TypeText(field.type));
  json.EndObject()
      .Text("unknown_fields", UnknownFieldsText(stream.schema.unknown_fields))
      .Bool("store", stream.store)
      .Text("idempotency_window", idempotency_window_);
  WritePartitions(json, partitions);
  json.EndObject();
  SetAsOf(reply, AsOfEnds(stream.name, partitions));
  exchange->Send(std::move(reply));
}

void StreamReads::Records(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  RecordsQuery query;
  query.stream = static_cast<size_t>(index);
  const auto read_args = [&]() -> Status {
    TR_TRY(QueryArgs args, QueryArgs::Parse(exchange->request()));
    TR_TRY(auto partition, args.TakeInt("partition", 0, services_.pipeline.streams[query.stream].partitions - 1));
    TR_TRY(auto from, args.TakeInt("from", 0, std::numeric_limits<int64_t>::max()));
    TR_TRY(auto limit, args.TakeInt("limit", 1, static_cast<int64_t>(limits_.records_page_max)));
    TR_RETURN_IF_ERROR(args.RefuseRest());
    query.partition = PartitionId{static_cast<int32_t>(partition.value_or(0))};
    if (from) query.from = Offset{*from};
    query.limit = static_cast<size_t>(limit.value_or(static_cast<int64_t>(limits_.records_page_default)));
    return {};
  };
  if (auto status = read_args(); !status) return exchange->Send(InvalidParameterReply(status.error()));
  pool_.Run(exchange, [this, query](const std::stop_token&) { return ReadRecords(query); });
}

Reply StreamReads::ReadRecords(const RecordsQuery& query) {
  const StreamId id = services_.stream_ids[query.stream];
  const auto partitions = services_.log.Partitions(id);
  const PartitionStatus& status = partitions[static_cast<size_t>(query.partition.value)];
  Offset next = query.from.value_or(status.begin);
  if (next < status.begin || next > status.end) {
    std::string details;
    JsonWriter(details).BeginObject().Int("begin", status.begin.value).Int("end", status.end.value).EndObject();
    return ErrorReply(404, {"not_found", "offset " + std::to_string(next.value) + " is not in the log", "", std::move(details)});
  }
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject()
      .Text("stream", services_.pipeline.streams[query.stream].name)
      .Int("partition", query.partition.value)
      .Key("records")
      .BeginArray();
  size_t count = 0;
  while (count < query.limit && next < status.end && reply.body.size() < limits_.query_bytes_max) {
    auto batches = services_.log.Read(id, query.partition, next, kReadBytes);
    if (!batches) return ErrorReply(batches.error());
    if (batches->empty()) break;
    for (const LogBatch& batch : *batches) {
      for (const LogRecord& record : batch.records) {
        if (count == query.limit) break;
        WriteRecord(json, record, batch.timestamp_ms);
        next = record.offset.Plus(1);
        ++count;
      }
    }
  }
  json.EndArray().Int("next", next.value).EndObject();
  SetAsOf(reply, AsOfEnds(services_.pipeline.streams[query.stream].name, partitions));
  return reply;
}

}  // namespace tailrace::server
