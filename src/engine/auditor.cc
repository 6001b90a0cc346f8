#include "engine/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/recount.h"

namespace tailrace::engine {
namespace {

constexpr std::string_view kLakeKind = "lake";
constexpr std::string_view kTableKind = "table";

// Records between two places of a stream. Offsets have no gaps, so they count records.
int64_t Between(const Positions& from, const Positions& to) {
  int64_t records = 0;
  for (size_t p = 0; p < to.size(); ++p) records += to[p].value - (p < from.size() ? from[p].value : 0);
  return records;
}

std::string DifferenceOf(const AuditedMaterialization& m, const Positions& ends) {
  const Flow& flow = m.flow;
  if (!flow.Holds()) {
    return fmt::format("read {} but emitted {}, filtered {} and dead-lettered {}, which is {}", flow.read, flow.emitted, flow.filtered,
                       flow.dead_lettered, flow.emitted + flow.filtered + flow.dead_lettered);
  }
  for (size_t p = 0; p < m.positions.size(); ++p) {
    if (p >= ends.size() || m.positions[p] > ends[p]) {
      return fmt::format("has consumed partition {} up to offset {}, and the log ends at {}", p, m.positions[p].value,
                         p < ends.size() ? ends[p].value : 0);
    }
  }
  const int64_t passed = Between(m.counted_from, m.positions);
  // Records that were sent again are read a second time.
  if (flow.read < passed) return fmt::format("read {} where its positions passed {} records", flow.read, passed);
  return "";
}

}  // namespace

bool Audit::Holds() const { return FirstDifference().empty(); }

std::string Audit::FirstDifference() const {
  for (const AuditedStream& stream : streams) {
    if (!stream.difference.empty()) return fmt::format("stream {}: {}", stream.name, stream.difference);
  }
  for (const AuditedMaterialization& m : materializations) {
    if (!m.difference.empty()) return fmt::format("{} {} of stream {}: {}", m.kind, m.name, m.stream, m.difference);
  }
  return "";
}

Result<Audit> Auditor::Now() {
  TR_TRY(Taken taken, Take());
  return std::move(taken.audit);
}

Result<Auditor::Taken> Auditor::Take() {
  Taken taken;
  // The positions before the ends: what was consumed was in the log before.
  std::vector<MaterializationProgress> all = of_.engine.progress().All();
  std::map<std::string, Positions> ends;
  for (const auto& stream : of_.pipeline.streams) {
    OriginCounts& origins = taken.origins[stream.name];
    origins = CountOrigins(of_.log, of_.streams.find(stream.name)->second);
    taken.audit.streams.push_back(OfStream(stream, origins));
    ends[stream.name] = taken.audit.streams.back().ends;
  }
  for (MaterializationProgress& progress : all) {
    if (progress.shadow) continue;
    TR_TRY(auto audited, OfMaterialization(std::move(progress), ends));
    taken.audit.materializations.push_back(std::move(audited));
  }
  AuditLake(&taken.audit);
  return taken;
}

// Every record that it holds it has read and kept.
void Auditor::AuditLake(Audit* audit) const {
  if (of_.lake == nullptr) return;
  for (const AuditedStream& stream : audit->streams) {
    const StreamId id = of_.streams.find(stream.name)->second.records;
    const auto held = of_.lake->Partitions(id);
    if (held.empty()) continue;
    const auto partitions = of_.log.Partitions(id);
    AuditedMaterialization& m = audit->materializations.emplace_back();
    m.kind = kLakeKind;
    m.name = m.stream = stream.name;
    for (size_t p = 0; p < held.size(); ++p) {
      m.positions.push_back(held[p].end);
      m.counted_from.push_back(held[p].begin);
      m.in_flight += partitions[p].end.value - held[p].end.value;
      if (held[p].end > partitions[p].end) {
        m.difference = fmt::format("holds partition {} up to offset {}, and the log ends at {}", p, held[p].end.value, partitions[p].end.value);
      } else if (held[p].end < partitions[p].begin) {
        m.difference = fmt::format("holds partition {} up to offset {}, and the log begins at {}", p, held[p].end.value, partitions[p].begin.value);
      }
    }
    m.flow.read = m.flow.emitted = Between(m.counted_from, m.positions);
  }
}

// Every file is read, held against its hash and counted.
Status Auditor::RecountLake(AuditedMaterialization* m, const std::stop_token& stop) const {
  const StreamId id = of_.streams.find(m->stream)->second.records;
  Flow counted;
  for (size_t p = 0; p < m->positions.size(); ++p) {
    const auto count = of_.lake->CountAgain(id, PartitionId{static_cast<int32_t>(p)}, stop);
    if (!count && count.error().code() == ErrorCode::kCorruption) {
      m->difference = count.error().message();
      return {};
    }
    if (!count) return Fail(count.error());
    counted.read += count->records;
  }
  counted.emitted = counted.read;
  m->recount = counted;
  // More may have come since the positions were taken.
  if (counted.read < m->flow.read) m->difference = fmt::format("{} records where its files are to hold {}", counted.read, m->flow.read);
  return {};
}

// After all else, so that it hides no difference of the table itself.
Status Auditor::CheckLakeTables(Audit* audit, const std::stop_token& stop) const {
  if (of_.lake_tables == nullptr) return {};
  for (AuditedMaterialization& m : audit->materializations) {
    if (m.kind != kTableKind || !m.difference.empty()) continue;
    const Status checked = of_.lake_tables->Check(m.name, stop);
    if (!checked && checked.error().code() != ErrorCode::kCorruption) return checked;
    if (!checked) m.difference = "in the lake: " + checked.error().message();
  }
  return {};
}

AuditedStream Auditor::OfStream(const config::StreamSpec& stream, const OriginCounts& origins) const {
  AuditedStream audited;
  audited.name = stream.name;
  for (const PartitionStatus& partition : origins.partitions) {
    audited.appended += partition.end.value;
    audited.held += partition.end.value - partition.begin.value;
    audited.ends.push_back(partition.end);
  }
  const StreamId letters = of_.streams.find(stream.name)->second.dead_letters;
  for (const PartitionStatus& partition : of_.log.Partitions(letters)) audited.letters += partition.end.value;
  audited.origins = origins.origins;
  audited.difference = origins.difference;
  return audited;
}

Result<AuditedMaterialization> Auditor::OfMaterialization(MaterializationProgress progress,
                                                          const std::map<std::string, Positions>& ends) const {
  AuditedMaterialization audited;
  audited.kind = std::move(progress.kind);
  audited.name = std::move(progress.name);
  audited.stream = std::move(progress.stream);
  audited.positions = std::move(progress.positions);
  audited.letters = progress.letters;
  audited.counted_from = std::move(progress.counted_from);
  audited.flow = progress.flow;
  const Positions& end = ends.at(audited.stream);
  audited.in_flight = Between(audited.positions, end);
  audited.difference = DifferenceOf(audited, end);
  if (audited.in_flight > 0) {
    TR_TRY(audited.lag_seconds, SecondsBehind(audited.stream, audited.positions, end));
  }
  return audited;
}

Result<double> Auditor::SecondsBehind(const std::string& stream, const Positions& positions, const Positions& ends) const {
  const int64_t now_ms = of_.clock.Now().millis();
  int64_t oldest_ms = now_ms;
  const StreamId id = of_.streams.find(stream)->second.records;
  for (size_t p = 0; p < positions.size(); ++p) {
    if (positions[p] >= ends[p]) continue;
    TR_TRY(const auto batches, of_.log.Read(id, PartitionId{static_cast<int32_t>(p)}, positions[p], 1));
    if (!batches.empty()) oldest_ms = std::min(oldest_ms, batches.front().timestamp_ms);
  }
  constexpr double kMillisPerSecond = 1000;
  return static_cast<double>(now_ms - oldest_ms) / kMillisPerSecond;
}

Result<Audit> Auditor::Recount(const std::stop_token& stop) {
  TR_TRY(Taken taken, Take());
  TR_TRY(const auto judge, of_.open_judge());
  for (size_t i = 0; i < of_.pipeline.streams.size(); ++i) {
    const config::StreamSpec& stream = of_.pipeline.streams[i];
    const StreamIds& ids = of_.streams.find(stream.name)->second;
    OriginCounts& origins = taken.origins[stream.name];
    std::vector<AuditedMaterialization*> members;
    bool readable = true;
    for (AuditedMaterialization& m : taken.audit.materializations) {
      if (m.stream != stream.name || !m.difference.empty()) continue;
      if (m.kind == kLakeKind) {
        TR_RETURN_IF_ERROR(RecountLake(&m, stop));
        readable = m.difference.empty();
      } else {
        members.push_back(&m);
      }
    }
    // Records that the log has let go of are read from the lake.
    if (!readable) continue;
    TR_RETURN_IF_ERROR(RecountOrigins(of_.log, ids, &origins, stop));
    taken.audit.streams[i].origins = origins.origins;
    taken.audit.streams[i].difference = origins.difference;
    if (!members.empty()) TR_RETURN_IF_ERROR(RecountStream({stream, ids, of_.log, *judge}, members, stop));
  }
  TR_RETURN_IF_ERROR(CheckLakeTables(&taken.audit, stop));
  return std::move(taken.audit);
}

}  // namespace tailrace::engine
