#include "engine/origin_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/tiered_log.h"

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;

using ByName = std::map<std::string, int64_t>;

AuditedOrigin& Of(std::vector<AuditedOrigin>* origins, const std::string& name) {
  const auto at = std::lower_bound(origins->begin(), origins->end(), name,
                                   [](const AuditedOrigin& origin, const std::string& wanted) { return origin.name < wanted; });
  if (at != origins->end() && at->name == name) return *at;
  return *origins->insert(at, AuditedOrigin{name, 0, 0, 0, std::nullopt});
}

std::string Shown(const std::string& name) { return name.empty() ? "an unknown source" : name; }

// Records of one batch at or beyond `from`, by who brought them.
void Count(const LogBatch& batch, Offset from, Offset end, ByName* counted) {
  const std::vector<OriginRun> runs = batch.origins ? batch.origins() : std::vector<OriginRun>();
  size_t next = 0;
  std::string_view name;
  for (const LogRecord& record : batch.records) {
    while (next < runs.size() && runs[next].first <= record.offset) name = runs[next++].origin.name;
    if (name == kLakeOrigin) continue;  // counted among those that are gone from the log
    if (record.offset >= from && record.offset < end) ++(*counted)[std::string(name)];
  }
}

Status CountPartition(EventLog& log, StreamId stream, PartitionId partition, const PartitionStatus& held, ByName* counted,
                      const std::stop_token& stop) {
  for (Offset at = held.begin; at < held.end;) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    TR_TRY(const auto batches, log.Read(stream, partition, at, kReadBytes));
    if (batches.empty()) return {};  // shorter than it says: the numbers will differ
    for (const LogBatch& batch : batches) {
      if (batch.records.empty()) continue;
      Count(batch, at, held.end, counted);
      at = batch.records.back().offset.Plus(1);
    }
  }
  return {};
}

// Records that a repair took out count as lost in the log, and under their source in what was counted before.
std::string Compare(const std::vector<AuditedOrigin>& origins) {
  int64_t missing = 0;
  int64_t lost = 0;
  for (const AuditedOrigin& origin : origins) {
    const int64_t counted = origin.recount.value_or(0);
    if (origin.name == kLostOrigin) {
      lost = counted - origin.accepted;
      continue;
    }
    if (counted > origin.accepted) {
      return fmt::format("{} records of {} by its counters, {} by the log", origin.accepted, Shown(origin.name), counted);
    }
    missing += origin.accepted - counted;
  }
  if (missing == lost) return "";
  for (const AuditedOrigin& origin : origins) {
    if (origin.name == kLostOrigin || origin.recount == origin.accepted) continue;
    return fmt::format("{} records of {} by its counters, {} by the log", origin.accepted, Shown(origin.name), origin.recount.value_or(0));
  }
  return fmt::format("{} records are lost by damage, and {} of them were counted", lost, missing);
}

}  // namespace

OriginCounts CountOrigins(const EventLog& log, const StreamIds& ids) {
  OriginCounts counts;
  counts.partitions = log.Partitions(ids.records);
  for (const PartitionStatus& partition : counts.partitions) {
    int64_t records = 0;
    for (const OriginCount& origin : partition.origins) {
      Of(&counts.origins, origin.name).accepted += origin.records;
      records += origin.records;
    }
    for (const OriginCount& origin : partition.repeated) Of(&counts.origins, origin.name).duplicates += origin.records;
    if (records == partition.end.value || !counts.difference.empty()) continue;
    counts.difference = fmt::format("{} records by their sources where the log ends at offset {}", records, partition.end.value);
  }
  // Those of an unknown origin are letters of tables and documents, and what was sent again.
  for (const PartitionStatus& partition : log.Partitions(ids.dead_letters)) {
    for (const OriginCount& origin : partition.origins) {
      if (!origin.name.empty() && origin.name != kLostOrigin) Of(&counts.origins, origin.name).refused += origin.records;
    }
  }
  return counts;
}

Status RecountOrigins(EventLog& log, const StreamIds& ids, OriginCounts* counts, const std::stop_token& stop) {
  ByName counted;
  for (size_t p = 0; p < counts->partitions.size(); ++p) {
    const PartitionStatus& held = counts->partitions[p];
    if (!held.origins_gone) {
      if (counts->difference.empty())
        counts->difference = fmt::format("partition {} is held from offset {} on, and who brought what was before is not known", p, held.begin.value);
      return {};
    }
    for (const OriginCount& gone : *held.origins_gone) counted[gone.name] += gone.records;
    TR_RETURN_IF_ERROR(CountPartition(log, ids.records, PartitionId{static_cast<int32_t>(p)}, held, &counted, stop));
  }
  for (AuditedOrigin& origin : counts->origins) origin.recount = 0;
  for (const auto& [name, records] : counted) Of(&counts->origins, name).recount = records;
  if (counts->difference.empty()) counts->difference = Compare(counts->origins);
  return {};
}

}  // namespace tailrace::engine
