// Engine::Redrive: dead letters sent again, what would become of them, and who has seen to them.
#include <algorithm>
#include <deque>

#include "engine/bisect.h"
#include "engine/engine.h"
#include "engine/keeper.h"
#include "engine/patience.h"
#include "engine/plan.h"

namespace tailrace::engine {
namespace {

using Verdicts = std::vector<std::optional<std::string>>;

// While letters are being seen to, how often is asked whether they have been.
constexpr int64_t kAskAgainMs = 5;

// Fixed records decoded into a batch, as a materialisation would get them.
struct TrialBatch {
  std::unique_ptr<StreamBatch> rows;
  std::vector<size_t> index;  // of each row among the letters
};

bool HasCollection(const config::Pipeline& pipeline, const std::string& name) {
  return std::any_of(pipeline.collections.begin(), pipeline.collections.end(), [&](const auto& spec) { return spec.name == name; });
}

bool HasTable(const config::Pipeline& pipeline, const std::string& name) {
  return std::any_of(pipeline.tables.begin(), pipeline.tables.end(), [&](const auto& spec) { return spec.name == name; });
}

}  // namespace

Result<RedriveReport> Engine::Redrive(const RedriveRequest& request, std::chrono::milliseconds patience, const std::stop_token& stop) {
  const auto ids = streams_.find(request.stream);
  if (ids == streams_.end()) return Fail(Error::NotFound("no stream " + request.stream));
  const std::unique_lock one(redrive_mutex_, std::try_to_lock);
  if (!one) return Fail(Error::Conflict("dead letters are being sent again just now; try when that is done"));
  const auto judge = [&](const std::vector<FixedLetter>& fixed) { return Foretell(request.stream, fixed, stop); };
  Redriver redriver(log_, ids->second.dead_letters, warehouse_, letters_, clock_, judge);
  TR_TRY(RedriveReport report, redriver.Run(request, stop));
  if (!report.first) return report;
  const auto patience_ends = clock_.Monotonic() + patience;
  while (true) {
    TR_TRY(const FaultList standing, letters_.Standing(request.stream));
    report.pending = standing.pending;
    if (standing.pending == 0 || clock_.Monotonic() >= patience_ends || !SleepUnlessStopped(kAskAgainMs, stop)) break;
  }
  report.failing = letters_.index(request.stream)->FailedAgain(*report.first, report.last);
  return report;
}

Result<Verdicts> Engine::Foretell(const std::string& stream, const std::vector<FixedLetter>& fixed, const std::stop_token& stop) {
  TR_TRY(auto decoder, RecordDecoder::Compile(FindStream(pipeline_, stream)->schema, ""));
  Verdicts verdicts(fixed.size());
  std::map<std::string, TrialBatch> trials;  // by materialisation
  std::deque<std::string> texts;             // which the batches may view
  for (size_t i = 0; i < fixed.size(); ++i) {
    const DeadLetter& letter = fixed[i].letter.entry.letter;
    std::string& text = texts.emplace_back(fixed[i].record);
    text.resize(text.size() + RecordDecoder::kPadding);
    const std::string_view json = std::string_view(text).substr(0, fixed[i].record.size());
    TrialBatch& trial = trials[letter.materialization];
    if (trial.rows == nullptr) {
      TR_TRY(trial.rows, warehouse_.NewBatch(stream));
    }
    if (auto decoded = decoder.Decode(json, &trial.rows->rows()); !decoded) {
      verdicts[i] = decoded.error().Message();
      continue;
    }
    trial.rows->Stamp(letter.partition.value_or(PartitionId{0}), letter.offset, letter.seq, letter.ingested_at_ms, json);
    trial.rows->rows().CommitRow();
    trial.index.push_back(i);
  }
  for (const auto& [name, trial] : trials) {
    const auto rows = trial.rows.get();
    const auto& materialization = name;
    const bool is_table = HasTable(pipeline_, name);
    if (!is_table && !HasCollection(pipeline_, name)) continue;
    Result<std::vector<RefusedRow>> refused;
    Worker& worker = is_table ? table_worker_ : collection_worker_;
    const auto search = [&]() -> Status {
      refused = FindRefusedRows({0, rows->row_count()}, {}, [&](const Trial& tried, RowRange* suspects) -> Status {
        if (is_table) return warehouse_.Evaluate(materialization, *rows, tried, suspects);
        if (auto part = warehouse_.Project(materialization, *rows, tried, suspects); !part) return Fail(part.error());
        return {};
      });
      return {};
    };
    TR_RETURN_IF_ERROR(worker.RunThere(search, stop));
    if (!refused) return Fail(refused.error());
    for (const RefusedRow& row : *refused) verdicts[trial.index[row.row]] = row.reason;
  }
  return verdicts;
}

// A live materialisation has refused what its letters say; a shadow, what it has refused itself.
Result<std::vector<bool>> Engine::ChooseSentFor(const std::string& stream, const Materialization& taker,
                                                const std::vector<OrderedRecord>& records) {
  const std::string_view name = WithoutShadow(taker.name);
  const bool is_shadow = name.size() != taker.name.size();
  const LetterIndex* index = letters_.index(stream);
  // What the shadow was given before must have been refused or taken by now.
  if (is_shadow) {
    TR_RETURN_IF_ERROR(WorkerOf(taker.kind).RunThere([]() -> Status { return {}; }, stop_.get_token()));
  }
  std::vector<bool> chosen;
  for (const OrderedRecord& record : records) {
    const DeadLetter& letter = record.sent->entry.letter;
    const bool of_all = letter.materialization.empty();
    const bool meant = of_all || (letter.materialization == name &&
                                  taker.kind == (letter.stage == Stage::kDocument ? WorkKind::kCollection : WorkKind::kTable));
    const bool refused = meant && (is_shadow ? refusals_.Has(taker.name, record.partition, record.record.offset)
                                             : index->IsRefused(letter.name));
    if (refused && is_shadow) refusals_.Remove(taker.name, record.partition, record.record.offset);
    chosen.push_back(refused);
  }
  return chosen;
}

void Engine::NoteUndecodable(const DecodedBatch& batch, const Materialization& taker) {
  if (WithoutShadow(taker.name).size() == taker.name.size()) return;
  for (const DecodeFault& fault : batch.faults) {
    const OrderedRecord& record = batch.run.records[fault.index];
    refusals_.Add(taker.name, record.partition, record.record.offset);
  }
}

bool Engine::HasConsumed(std::string_view stream, const PendingRedrive& redrive) const {
  if (!redrive.in_log) return redrive_pump_.Consumed(stream, redrive.at);
  for (const MaterializationProgress& made : progress_.All()) {
    if (made.shadow || made.stream != stream) continue;
    const bool meant = redrive.materialization.empty() ||
                       (made.name == redrive.materialization && made.kind == (redrive.stage == "document" ? "collection" : "table"));
    if (meant && made.letters <= redrive.at) return false;
  }
  return true;
}

Status Engine::WaitRedriven(std::string_view stream, const std::stop_token& stop) {
  LetterIndex* index = letters_.index(stream);
  if (index == nullptr) return Fail(Error::NotFound("no stream " + std::string(stream)));
  while (true) {
    TR_TRY(const auto list, letters_.Standing(stream));
    if (list.pending == 0) return {};
    if (auto stopped = progress_.WhyStopped(stream)) return Fail(Error::Unavailable(std::move(*stopped)));
    if (!SleepUnlessStopped(kAskAgainMs, stop)) return Fail(Error::Cancelled("stopping"));
  }
}

}  // namespace tailrace::engine
