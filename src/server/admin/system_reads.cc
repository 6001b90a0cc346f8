#include "server/admin/system_reads.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "engine/auditor.h"
#include "server/admin/job_routes.h"
#include "server/http/json_out.h"
#include "server/parts_status.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::vector<std::string> NotReadyReasons(const Services& services) {
  std::vector<std::string> reasons = services.progress.NotReadyReasons();
  for (size_t i = 0; i < services.pipeline.streams.size(); ++i) {
    const auto partitions = services.log.Partitions(services.stream_ids[i]);
    for (size_t p = 0; p < partitions.size(); ++p) {
      if (!partitions[p].fenced) continue;
      reasons.push_back("partition " + std::to_string(p) + " of stream " + services.pipeline.streams[i].name +
                        " takes no records: " + partitions[p].fenced->message());
    }
    const auto trouble = services.rejects != nullptr ? services.rejects->Known(i) : std::nullopt;
    if (trouble) reasons.push_back(trouble->reason);
  }
  return reasons;
}

double Seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

// Records of the stream that this has not consumed.
int64_t Lag(const Positions& ends, const Positions& positions) {
  int64_t lag = 0;
  for (size_t i = 0; i < ends.size(); ++i) lag += ends[i].value - (i < positions.size() ? positions[i].value : 0);
  return lag;
}

bool CoversMaterialization(const auth::Grant& grant, const MaterializationProgress& made) {
  if (made.kind == "rows") return grant.Covers(auth::ThingKind::kStream, made.stream);
  return grant.Covers(made.kind == "table" ? auth::ThingKind::kTable : auth::ThingKind::kCollection, made.name);
}

// By kind and name, how old the oldest record is that has yet to be consumed. Nothing where the log cannot be read.
std::map<std::pair<std::string, std::string>, double> SecondsBehind(const Services& services) {
  std::map<std::pair<std::string, std::string>, double> behind;
  if (services.auditor == nullptr) return behind;
  const auto audit = services.auditor->Now();
  if (!audit) return behind;
  for (const auto& m : audit->materializations) behind[{m.kind, m.name}] = m.lag_seconds;
  return behind;
}

void WriteTimeIfAny(JsonWriter& json, std::string_view name, int64_t time_ms) {
  if (time_ms > 0) WriteTime(json, name, time_ms);
}

void WriteStandstill(JsonWriter& json, const std::optional<Standstill>& still, std::chrono::steady_clock::time_point now) {
  if (!still) return;
  json.Text("trouble", still->reason).Bool("stopped", still->stopped);
  if (still->again_at) json.Key("again_in_seconds").Number(std::max(0.0, Seconds(*still->again_at - now)));
}

void WritePoll(JsonWriter& json, const PollStatus& poll) {
  WriteTimeIfAny(json, "next_due", poll.next_due_ms);
  WriteTimeIfAny(json, "last_due", poll.last_due_ms);
  WriteTimeIfAny(json, "last_answer", poll.last_answer_ms);
  WriteTimeIfAny(json, "last_failure", poll.last_failure_ms);
  json.Int("answers", poll.answers).Int("unchanged", poll.unchanged).Int("failed", poll.failed).Int("missed", poll.missed);
  json.Int("spool_bytes", poll.spool_bytes);
}

void WriteSource(JsonWriter& json, const SourceStatus& source) {
  json.BeginObject().Text("name", source.name).Text("type", source.type).Key("streams").BeginArray();
  for (const std::string& stream : source.streams) json.Text(stream);
  json.EndArray().Int("accepted", source.accepted).Int("refused", source.refused).Bool("ended", source.ended);
  if (!source.trouble.empty()) json.Text("trouble", source.trouble);
  if (source.poll) WritePoll(json, *source.poll);
  json.EndObject();
}

// What the grant covers of the sources and of the lake. `ends`: of each stream's log.
void WriteParts(JsonWriter& json, const PartsStatus& parts, const auth::Grant& grant, const std::map<std::string, Positions, std::less<>>& ends,
                std::chrono::steady_clock::time_point now) {
  const auto is_covered = [&](const std::string& stream) { return grant.Covers(auth::ThingKind::kStream, stream); };
  json.Key("sources").BeginArray();
  for (const SourceStatus& source : parts.Sources()) {
    if (std::all_of(source.streams.begin(), source.streams.end(), is_covered)) WriteSource(json, source);
  }
  json.EndArray().Key("lake").BeginObject().Key("streams").BeginArray();
  for (const LakeStreamStatus& stream : parts.LakeStreams()) {
    if (!is_covered(stream.stream)) continue;
    json.BeginObject().Text("name", stream.stream).Key("held");
    WritePositions(json, stream.held);
    json.Int("lag", Lag(ends.find(stream.stream)->second, stream.held)).Int("files", stream.files).Int("bytes", stream.bytes);
    WriteStandstill(json, stream.trouble, now);
    json.EndObject();
  }
  json.EndArray().Key("tables").BeginArray();
  for (const LakeTableStatus& table : parts.LakeTables()) {
    if (!grant.Covers(auth::ThingKind::kTable, table.table)) continue;
    json.BeginObject().Text("name", table.table).Int("version", table.version).Int("files", table.files);
    WriteStandstill(json, table.trouble, now);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace

void SystemReads::Health(const ExchangePtr& exchange) {
  Reply reply;
  reply.body = R"({"status":"ok"})";
  exchange->Send(std::move(reply));
}

void SystemReads::Ready(const ExchangePtr& exchange) {
  const std::vector<std::string> reasons = NotReadyReasons(services_);
  Reply reply;
  if (reasons.empty()) {
    reply.body = R"({"status":"ready"})";
    return exchange->Send(std::move(reply));
  }
  std::string details;
  JsonWriter json(details);
  json.BeginArray();
  for (const std::string& reason : reasons) json.Text(reason);
  json.EndArray();
  exchange->Send(ErrorReply(503, {"not_ready", reasons.front(), "", std::move(details)}));
}

void SystemReads::MetricsText(const ExchangePtr& exchange) {
  Reply reply;
  reply.content_type = kMetricsType;
  reply.body = services_.metrics.Text();
  exchange->Send(std::move(reply));
}

void SystemReads::ServerStatus(const ExchangePtr& exchange) {
  const auth::Grant& grant = exchange->request().caller->grant;
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Text("pipeline", services_.pipeline.name).Text("version", version_);
  std::map<std::string, Positions, std::less<>> ends;
  json.Key("streams").BeginArray();
  for (size_t i = 0; i < services_.pipeline.streams.size(); ++i) {
    const std::string& name = services_.pipeline.streams[i].name;
    int64_t records = 0;
    for (const PartitionStatus& partition : services_.log.Partitions(services_.stream_ids[i])) {
      ends[name].push_back(partition.end);
      records += partition.end.value;
    }
    if (!grant.Covers(auth::ThingKind::kStream, name)) continue;
    json.BeginObject().Text("name", name).Int("records", records).Key("ends");
    WritePositions(json, ends[name]);
    if (const auto trouble = services_.rejects != nullptr ? services_.rejects->Known(i) : std::nullopt) {
      json.Text("trouble", trouble->reason).Bool("paused", trouble->pauses);
    }
    json.EndObject();
  }
  json.EndArray().Key("materializations").BeginArray();
  const auto behind = SecondsBehind(services_);
  for (const MaterializationProgress& made : services_.progress.All()) {
    if (!CoversMaterialization(grant, made)) continue;
    json.BeginObject().Text("name", made.name).Text("kind", made.kind).Text("stream", made.stream).Key("positions");
    WritePositions(json, made.positions);
    json.Int("lag", Lag(ends[made.stream], made.positions)).Int("rejected", made.flow.dead_lettered);
    if (const auto seconds = behind.find({made.kind, made.name}); seconds != behind.end())
      json.Key("lag_seconds").Number(seconds->second);
    if (!made.trouble.empty()) json.Text("trouble", made.trouble).Bool("stopped", made.stopped);
    if (made.again_at) json.Key("again_in_seconds").Number(std::max(0.0, Seconds(*made.again_at - services_.clock.Monotonic())));
    json.EndObject();
  }
  json.EndArray();
  if (services_.parts != nullptr) WriteParts(json, *services_.parts, grant, ends, services_.clock.Monotonic());
  if (!grant.limited()) WriteJobStatus(json, services_);
  json.EndObject();
  exchange->Send(std::move(reply));
}

void SystemReads::WhoAmI(const ExchangePtr& exchange) {
  const auth::Caller& caller = *exchange->request().caller;
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Text("pipeline", services_.pipeline.name).Text("description", services_.pipeline.description).Text("version", version_);
  json.Text("name", caller.name).Key("roles").BeginArray();
  for (const auth::Role role : {auth::Role::kIngest, auth::Role::kRead, auth::Role::kAdmin}) {
    if (caller.grant.Holds(role)) json.Text(auth::RoleName(role));
  }
  json.EndArray().Bool("limited", caller.grant.limited());
  json.Bool("open", services_.authenticator == nullptr || services_.authenticator->IsOpen()).EndObject();
  exchange->Send(std::move(reply));
}

}  // namespace tailrace::server
