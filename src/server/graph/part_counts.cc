#include "server/graph/part_counts.h"

#include "engine/alert_desk.h"
#include "server/graph/graph_shape.h"

namespace tailrace::server {

PartCounts::PartCounts(const Services& services) : services_(services) {
  for (const MaterializationProgress& made : services.progress.All()) {
    if (!made.shadow) made_.emplace(PartId(made.kind, made.name), made);
  }
  if (services.auditor == nullptr) return;
  if (auto audit = services.auditor->Now()) audit_ = std::move(*audit);
  for (const engine::AuditedMaterialization& m : audit_.materializations) audited_.emplace(PartId(m.kind, m.name), &m);
  for (const engine::AuditedStream& stream : audit_.streams) {
    for (const engine::AuditedOrigin& origin : stream.origins) {
      origins_[origin.name].first += origin.accepted;
      origins_[origin.name].second += origin.refused;
    }
  }
}

const MaterializationProgress* PartCounts::Made(std::string_view kind, const std::string& name) const {
  const auto found = made_.find(PartId(kind, name));
  return found == made_.end() ? nullptr : &found->second;
}

const engine::AuditedMaterialization* PartCounts::Audited(std::string_view kind, const std::string& name) const {
  const auto found = audited_.find(PartId(kind, name));
  return found == audited_.end() ? nullptr : found->second;
}

const engine::AuditedStream* PartCounts::Stream(const std::string& name) const {
  for (const engine::AuditedStream& stream : audit_.streams) {
    if (stream.name == name) return &stream;
  }
  return nullptr;
}

std::pair<int64_t, int64_t> PartCounts::Origin(const std::string& source) const {
  const auto found = origins_.find(source);
  return found == origins_.end() ? std::pair<int64_t, int64_t>{} : found->second;
}

PartSample PartCounts::SampleOf(std::string_view kind, const std::string& name) const {
  PartSample sample;
  if (const auto* made = Made(kind, name)) {
    sample.total = made->flow.read;
    sample.refused = made->flow.dead_lettered;
  }
  if (const auto* audited = Audited(kind, name)) {
    sample.in_flight = audited->in_flight;
    sample.lag_seconds = audited->lag_seconds;
  }
  return sample;
}

std::map<std::string, PartSample> PartCounts::Samples() const {
  const config::Pipeline& pipeline = services_.pipeline;
  std::map<std::string, PartSample> samples;
  for (const config::SourceSpec& source : pipeline.sources) {
    PartSample& sample = samples[PartId("source", source.name)];
    std::tie(sample.total, sample.refused) = Origin(source.name);
  }
  for (size_t i = 0; i < pipeline.streams.size(); ++i) {
    const std::string& name = pipeline.streams[i].name;
    PartSample& sample = samples[PartId("stream", name)] = SampleOf("rows", name);
    sample.total = 0;
    for (const PartitionStatus& partition : services_.log.Partitions(services_.stream_ids[i])) sample.total += partition.end.value;
    if (const auto* stream = Stream(name)) sample.refused = stream->letters;
  }
  for (const config::TableSpec& table : pipeline.tables) samples[PartId("table", table.name)] = SampleOf("table", table.name);
  for (const config::CollectionSpec& collection : pipeline.collections) {
    if (Made("collection", collection.name) != nullptr) samples[PartId("collection", collection.name)] = SampleOf("collection", collection.name);
  }
  for (const config::LakeStreamSpec& lake : pipeline.lake.streams) samples[PartId("lake", "raw/" + lake.stream)] = SampleOf("raw", lake.stream);
  for (const config::LakeTableSpec& lake : pipeline.lake.tables) samples[PartId("lake", "tables/" + lake.table)] = SampleOf("lake", lake.table);
  if (services_.alerts == nullptr) return samples;
  for (const engine::AlertView& alert : services_.alerts->Alerts()) samples[PartId("alert", alert.spec->name)].total = alert.state == "firing" ? 1 : 0;
  return samples;
}

}  // namespace tailrace::server
