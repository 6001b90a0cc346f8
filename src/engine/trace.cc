// Auditor::TraceRecord: read from the log, then asked of everything that is made from the stream.
#include "engine/trace.h"

#include <fmt/format.h>

#include <utility>

#include "engine/auditor.h"
#include "engine/plan.h"
#include "engine/result_rows.h"
#include "model/record_decoder.h"

namespace tailrace::engine {
namespace {

constexpr size_t kLettersPage = 1000;

// Reasons of the dead letters of one record that nobody has sent again, by materialisation; "" for one that does not fit the schema.
Result<std::map<std::string, std::string>> ReasonsOf(DeadLetters& letters, const Trace& trace) {
  std::map<std::string, std::string> reasons;
  LetterFilter filter;
  filter.limit = kLettersPage;
  while (true) {
    TR_TRY(const LetterPage page, letters.Show(trace.stream, filter));
    for (const StoredLetter& stored : page.letters) {
      const DeadLetter& letter = stored.entry.letter;
      if (letter.partition == trace.partition && letter.offset == trace.offset) reasons[letter.materialization] = letter.reason;
    }
    if (!page.next) return reasons;
    filter.after = page.next;
  }
}

std::string Unquoted(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' ? std::string(json.substr(1, json.size() - 2)) : std::string(json);
}

// The commit that took it over the record's offset. None when an older one, which the journal has forgotten, may have done so.
Result<std::optional<TracedCommit>> CommitOf(Warehouse& warehouse, const Trace& trace, const TracedMaterialization& m,
                                             const std::stop_token& stop) {
  QueryRequest request;
  request.trusted = true;
  request.sql = fmt::format(
      "SELECT number, time FROM (SELECT number, time, positions[{0}] AS next, lag(positions[{0}], 1, CASE WHEN number = 1 THEN 0 END) "
      "OVER (ORDER BY number) AS before FROM tailrace.commits WHERE kind = '{1}' AND name = '{2}') WHERE before <= {3} AND next > {3}",
      trace.partition.value + 1, m.kind, m.name, trace.offset.value);
  ResultRows rows;
  TR_TRY(const QuerySummary summary, warehouse.Query(request, rows, stop));
  (void)summary;
  if (rows.rows().empty()) return std::nullopt;
  const auto& row = rows.rows().front();
  return TracedCommit{std::atoll(row[0].c_str()), Unquoted(row[1])};
}

}  // namespace

std::string_view FateName(Fate fate) {
  switch (fate) {
    case Fate::kInFlight: return "in_flight";
    case Fate::kEmitted: return "emitted";
    case Fate::kFiltered: return "filtered";
    case Fate::kDeadLettered: return "dead_lettered";
    case Fate::kFailsNow: return "fails_now";
  }
  return "in_flight";
}

Result<Trace> Auditor::TraceRecord(const std::string& stream, PartitionId partition, Offset offset, const std::stop_token& stop) {
  const auto* spec = FindStream(pipeline_, stream);
  if (spec == nullptr) return Fail(Error::NotFound("no stream " + stream));
  const StreamIds& ids = streams_.find(stream)->second;
  const auto partitions = log_.Partitions(ids.records);
  const auto p = static_cast<size_t>(partition.value);
  if (partition.value < 0 || p >= partitions.size())
    return Fail(Error::NotFound(fmt::format("stream {} has partitions 0 to {}", stream, partitions.size() - 1)));
  if (offset < partitions[p].begin || offset >= partitions[p].end) {
    return Fail(Error::NotFound(fmt::format("partition {} of stream {} holds the offsets {} to {}", partition.value, stream,
                                            partitions[p].begin.value, partitions[p].end.value - 1)));
  }
  TR_TRY(const auto batches, log_.Read(ids.records, partition, offset, 1));
  for (const LogBatch& batch : batches) {
    for (const LogRecord& record : batch.records) {
      if (record.offset == offset) return TraceOf(*spec, batch, record, stop);
    }
  }
  return Fail(Error::NotFound(fmt::format("no record {}/{}:{}", stream, partition.value, offset.value)));
}

Result<Trace> Auditor::TraceOf(const config::StreamSpec& stream, const LogBatch& batch, const LogRecord& record,
                               const std::stop_token& stop) {
  Trace trace;
  trace.stream = stream.name;
  trace.partition = batch.partition;
  trace.offset = record.offset;
  trace.seq = record.seq;
  trace.ingested_at_ms = batch.timestamp_ms;
  if (record.key) trace.key = std::string(*record.key);
  trace.record = std::string(record.value);
  TR_TRY(const auto reasons, ReasonsOf(engine_.letters(), trace));
  TR_TRY(const auto judge, open_judge_());
  TR_TRY(const auto row, judge->NewBatch(stream.name));
  TR_TRY(auto decoder, RecordDecoder::Compile(stream.schema, ""));
  const bool fits = decoder.Decode(record.value, &row->rows()).has_value();
  if (fits) {
    row->Stamp(batch.partition, record.offset, record.seq, batch.timestamp_ms, record.value);
    row->rows().CommitRow();
  }
  for (const MaterializationProgress& progress : engine_.progress().All()) {
    if (progress.stream != stream.name || progress.shadow) continue;
    TracedMaterialization& m = trace.materializations.emplace_back();
    m.kind = progress.kind;
    m.name = progress.name;
    if (progress.positions[static_cast<size_t>(batch.partition.value)] <= record.offset) continue;
    TR_RETURN_IF_ERROR(Judge(*judge, *row, fits, reasons, &m));
    if (m.kind != "collection") {
      TR_TRY(m.commit, CommitOf(warehouse_, trace, m, stop));
    }
  }
  return trace;
}

Status Auditor::Judge(RecordJudge& judge, const StreamBatch& row, bool fits, const std::map<std::string, std::string>& reasons,
                      TracedMaterialization* m) {
  const auto reason = reasons.find(fits ? m->name : "");
  if (!fits || reason != reasons.end()) {
    m->fate = Fate::kDeadLettered;
    if (reason != reasons.end()) m->reason = reason->second;
    return {};
  }
  m->fate = Fate::kEmitted;
  if (m->kind == "rows") return {};
  const auto emitted = judge.Emitted(m->name, row, {0, 1}, {});
  if (!emitted && emitted.error().code() != ErrorCode::kInvalid) return Fail(emitted.error());
  if (!emitted) {
    m->fate = Fate::kFailsNow;
    m->reason = emitted.error().message();
    return {};
  }
  if (emitted->empty()) m->fate = Fate::kFiltered;
  if (m->kind != "collection" || emitted->empty()) return {};
  TR_TRY(m->keys, judge.Keys(m->name, row));
  return {};
}

}  // namespace tailrace::engine
