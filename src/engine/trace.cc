#include "engine/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "engine/letter_history.h"
#include "engine/plan.h"
#include "engine/redrive_source.h"
#include "engine/result_rows.h"
#include "model/record_decoder.h"

namespace tailrace::engine {
namespace {

// The segment's path from the folder of the log on.
std::string FileBelowFolder(const std::shared_ptr<const std::string>& file) {
  if (file == nullptr) return "";
  constexpr int kParts = 4;  // log/STREAM/PARTITION/SEGMENT
  size_t at = file->size();
  for (int part = 0; part < kParts && at != std::string::npos && at > 0; ++part) at = file->rfind('/', at - 1);
  return at == std::string::npos ? *file : file->substr(at + 1);
}

TracedOrigin OriginOf(const LogBatch& batch, Offset offset) {
  TracedOrigin traced;
  if (!batch.origins) return traced;
  for (const OriginRun& run : batch.origins()) {
    if (run.first > offset) break;
    const Origin& origin = run.origin;
    traced = {origin.kind, std::string(origin.name), std::string(origin.client), std::string(origin.item), origin.RequestId(), origin.unit, run.PlaceOf(offset)};
  }
  return traced;
}

// "[3, 4]"
std::vector<Offset> NumbersOf(std::string_view json) {
  std::vector<Offset> numbers;
  for (size_t at = json.find_first_of("0123456789"); at < json.size(); at = json.find_first_of("0123456789", at)) {
    Offset number;
    at = static_cast<size_t>(std::from_chars(json.data() + at, json.data() + json.size(), number.value).ptr - json.data());
    numbers.push_back(number);
  }
  return numbers;
}

int64_t NumberOf(std::string_view json) {
  const std::vector<Offset> numbers = NumbersOf(json);
  return numbers.empty() ? 0 : numbers.front().value;
}

// Of tables and stored rows.
Result<std::vector<JournaledCommit>> JournalOf(Warehouse& warehouse, const std::string& kind, const std::string& name,
                                               const std::stop_token& stop) {
  QueryRequest request;
  request.trusted = true;
  request.sql = fmt::format("SELECT number, epoch_ms(time), positions, letters FROM tailrace.commits WHERE kind = '{}' AND name = '{}' ORDER BY number", kind, name);
  ResultRows rows;
  TR_TRY([[maybe_unused]] const QuerySummary summary, warehouse.Query(request, rows, stop));
  std::vector<JournaledCommit> journal;
  for (const auto& row : rows.rows()) {
    JournaledCommit& commit = journal.emplace_back();
    commit.number = NumberOf(row[0]);
    commit.time_ms = NumberOf(row[1]);
    commit.positions = NumbersOf(row[2]);
    commit.letters = Offset{NumberOf(row[3])};
  }
  return journal;
}

// The commit that took what `reached` counts over `place`. None when an older one, which the journal has forgotten, may have done so.
template <typename Reached>
std::optional<TracedCommit> CommitOver(const std::vector<JournaledCommit>& journal, Offset place, const Reached& reached) {
  std::optional<Offset> before;
  for (const JournaledCommit& commit : journal) {
    if (commit.number == 1 && !before) before = Offset{};
    const Offset after = reached(commit);
    if (before && *before <= place && after > place) return TracedCommit{commit.number, commit.time_ms};
    before = after;
  }
  return std::nullopt;
}

class Tracer {
 public:
  Tracer(const AuditSubjects& of, const config::StreamSpec& stream, const StreamIds& ids, const std::stop_token& stop)
      : of_(of), stream_(stream), ids_(ids), stop_(stop) {}

  Result<Trace> Run(PartitionId partition, Offset offset) {
    TR_RETURN_IF_ERROR(CheckPlace(partition, offset));
    TR_TRY(const auto batches, of_.log.Read(ids_.records, partition, offset, 1));
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        if (record.offset == offset) return Of(batch, record);
      }
    }
    return Fail(Error::NotFound(fmt::format("no record {}/{}:{}", stream_.name, partition.value, offset.value)));
  }

 private:
  Status CheckPlace(PartitionId partition, Offset offset) const {
    const auto partitions = of_.log.Partitions(ids_.records);
    const auto p = static_cast<size_t>(partition.value);
    if (partition.value < 0 || p >= partitions.size()) {
      return Fail(Error::NotFound(fmt::format("stream {} has no partition {}: it has {}", stream_.name, partition.value,
                                              partitions.size() == 1 ? "partition 0 alone" : fmt::format("the partitions 0 to {}", partitions.size() - 1))));
    }
    const PartitionStatus& held = partitions[p];
    if (offset >= held.begin && offset < held.end) return {};
    if (held.begin == held.end) return Fail(Error::NotFound(fmt::format("partition {} of stream {} holds no record", partition.value, stream_.name)));
    return Fail(Error::NotFound(fmt::format("partition {} of stream {} holds the offsets {} to {}", partition.value, stream_.name,
                                            held.begin.value, held.end.value - 1)));
  }

  Result<Trace> Of(const LogBatch& batch, const LogRecord& record) {
    Trace trace;
    trace.stream = stream_.name;
    trace.partition = batch.partition;
    trace.offset = record.offset;
    trace.seq = record.seq;
    trace.ingested_at_ms = batch.timestamp_ms;
    trace.from = OriginOf(batch, record.offset);
    trace.file = FileBelowFolder(batch.file);
    trace.byte = batch.byte;
    if (record.key) trace.key = std::string(*record.key);
    trace.record = std::string(record.value);
    if (trace.from.unit == PlaceUnit::kEntry) {
      TR_TRY(trace.redrive, RedriveOf(Offset{trace.from.place}));
    }
    TR_TRY(history_, HistoryOf(of_.log, ids_.dead_letters, stream_.name, batch.partition, record.offset, stop_));
    TR_TRY(judge_, of_.open_judge());
    for (const MaterializationProgress& progress : of_.engine.progress().All()) {
      if (progress.stream != stream_.name || progress.shadow) continue;
      TR_TRY(auto traced, OfMaterialization(progress, trace));
      trace.materializations.push_back(std::move(traced));
    }
    AddLake(&trace);
    return trace;
  }

  // Which object holds it.
  void AddLake(Trace* trace) const {
    if (of_.lake == nullptr || of_.lake->Partitions(ids_.records).empty()) return;
    TracedMaterialization& m = trace->materializations.emplace_back();
    m.kind = "lake";
    m.name = stream_.name;
    if (auto object = of_.lake->ObjectOf(ids_.records, trace->partition, trace->offset)) {
      m.fate = Fate::kEmitted;
      m.keys.push_back(std::move(*object));
    }
  }

  Result<std::optional<TracedRedrive>> RedriveOf(Offset at) const {
    TR_TRY(const auto sent, EntryAt(of_.log, ids_.dead_letters, at));
    if (!sent) return std::optional<TracedRedrive>();
    const DeadLetter& record = sent->entry.letter;
    TracedRedrive redrive{at, sent->entry.time_ms, sent->entry.answers, 0, "", record.source, record.item, record.line, record.request};
    TR_TRY(const auto letter, EntryAt(of_.log, ids_.dead_letters, sent->entry.answers));
    if (letter) {
      redrive.refused_ms = letter->entry.time_ms;
      redrive.reason = letter->entry.letter.reason;
    }
    return std::optional(std::move(redrive));
  }

  Result<TracedMaterialization> OfMaterialization(const MaterializationProgress& progress, const Trace& trace) {
    TracedMaterialization m;
    m.kind = progress.kind;
    m.name = progress.name;
    const auto p = static_cast<size_t>(trace.partition.value);
    if (progress.positions[p] <= trace.offset) return m;  // in flight
    const DeadLetter* sent = nullptr;  // the last that it has taken again
    std::optional<Offset> sent_at;
    bool refused = false;
    for (const HistoryEntry& past : history_) {
      if (!IsAbout(past.entry, m.kind, m.name)) continue;
      m.letters.push_back(Shown(past));
      if (past.entry.kind == LetterKind::kLetter) {
        refused = true;
        m.reason = past.entry.letter.reason;
      } else if (past.entry.kind == LetterKind::kSettled) {
        refused = false;
      } else if (past.at < progress.letters) {
        refused = false;
        sent = &past.entry.letter;
        sent_at = past.at;
      }
    }
    TR_TRY(const auto journal, Journal(m));
    m.commit = sent_at ? CommitOver(journal, *sent_at, [](const JournaledCommit& commit) { return commit.letters; })
                       : CommitOver(journal, trace.offset, [p](const JournaledCommit& commit) { return p < commit.positions.size() ? commit.positions[p] : Offset{}; });
    if (refused) {
      m.fate = Fate::kDeadLettered;
      return m;
    }
    m.reason.clear();
    TR_RETURN_IF_ERROR(Judge(trace, sent != nullptr ? sent->raw : trace.record, &m));
    return m;
  }

  static TracedEntry Shown(const HistoryEntry& past) {
    const LetterEntry& entry = past.entry;
    const char* what = entry.kind == LetterKind::kLetter ? "letter" : entry.kind == LetterKind::kRedrive ? "sent again" : "settled";
    return {what, past.at, entry.time_ms, entry.kind == LetterKind::kLetter ? entry.letter.reason : ""};
  }

  Result<std::vector<JournaledCommit>> Journal(const TracedMaterialization& m) const {
    if (m.kind == "collection") return of_.documents.Commits(m.name);
    return JournalOf(of_.warehouse, m.kind, m.name, stop_);
  }

  // What the SELECT makes of the text, evaluated anew for it alone.
  Status Judge(const Trace& trace, const std::string& text, TracedMaterialization* m) const {
    TR_TRY(auto decoder, RecordDecoder::Compile(stream_.schema, ""));
    TR_TRY(const auto row, judge_->NewBatch(stream_.name));
    std::string padded = text;
    padded.resize(text.size() + RecordDecoder::kPadding);
    const std::string_view json = std::string_view(padded).substr(0, text.size());
    if (const auto decoded = decoder.Decode(json, &row->rows()); !decoded) {
      m->fate = Fate::kDeadLettered;
      m->reason = decoded.error().Reason();
      return {};
    }
    row->Stamp(trace.partition, trace.offset, trace.seq, trace.ingested_at_ms, json);
    row->rows().CommitRow();
    m->fate = Fate::kEmitted;
    if (m->kind == "rows") return {};
    const auto emitted = judge_->Emitted(m->name, *row, {0, 1}, {});
    if (!emitted && emitted.error().code() != ErrorCode::kInvalid) return Fail(emitted.error());
    if (!emitted) {
      m->fate = Fate::kFailsNow;
      m->reason = emitted.error().message();
      return {};
    }
    if (emitted->empty()) m->fate = Fate::kFiltered;
    if (m->kind != "collection" || emitted->empty()) return {};
    TR_TRY(m->keys, judge_->Keys(m->name, *row));
    return {};
  }

  const AuditSubjects& of_;
  const config::StreamSpec& stream_;
  const StreamIds& ids_;
  const std::stop_token& stop_;
  std::vector<HistoryEntry> history_;  // of the record
  std::unique_ptr<RecordJudge> judge_;
};

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

Result<Trace> TraceRecord(const AuditSubjects& of, std::string_view stream, PartitionId partition, Offset offset, const std::stop_token& stop) {
  const auto* spec = FindStream(of.pipeline, stream);
  if (spec == nullptr) {
    std::string names;
    for (const config::StreamSpec& known : of.pipeline.streams) names += (names.empty() ? "" : ", ") + known.name;
    return Fail(Error::NotFound(fmt::format("there is no stream \"{}\": there are {}", stream, names)));
  }
  return Tracer(of, *spec, of.streams.find(spec->name)->second, stop).Run(partition, offset);
}

}  // namespace tailrace::engine
