#include "engine/keeper.h"

#include <algorithm>

#include "base/crash_point.h"

namespace tailrace::engine {

namespace {

// What became of one record of a batch.
enum class Fate { kFiltered, kEmitted, kDeadLettered };

int64_t Count(const std::vector<Fate>& fates, Fate wanted) { return std::count(fates.begin(), fates.end(), wanted); }

std::string_view JsonOf(const ProjectedDocument& document) {
  return document.document ? std::string_view(*document.document) : "null";
}

}  // namespace

std::string_view WithoutShadow(std::string_view name) {
  const auto suffix = Warehouse::kShadowSuffix;
  if (name.size() > suffix.size() && name.substr(name.size() - suffix.size()) == suffix) name.remove_suffix(suffix.size());
  return name;
}

Status RejectRows(const KeeperServices& services, const DecodedBatch& batch, Stage stage, const std::string& materialization,
                  const std::vector<RefusedRow>& refused) {
  const bool is_shadow = WithoutShadow(materialization).size() != materialization.size();
  std::vector<DeadLetter> letters;
  letters.reserve(refused.size());
  for (const RefusedRow& row : refused) {
    const OrderedRecord& record = batch.run.records[batch.run_index[row.row]];
    DeadLetter letter;
    letter.stage = stage;
    letter.materialization = std::string(WithoutShadow(materialization));
    letter.stream = batch.stream;
    letter.raw = std::string(record.record.value);
    letter.reason = row.reason;
    letter.partition = record.partition;
    letter.offset = record.record.offset;
    letter.seq = record.record.seq;
    letter.ingested_at_ms = record.timestamp_ms;
    if (record.sent != nullptr) letter.redrive = record.sent->at;
    if (services.refusals != nullptr && is_shadow) services.refusals->Add(materialization, record.partition, record.record.offset);
    letters.push_back(std::move(letter));
  }
  return services.dead_letters.Write(letters, nullptr);
}

void TableKeeper::Take(const WorkItem& item, const std::stop_token& stop) {
  const std::vector<std::string> names = standing_.Going(item.names);
  if (names.empty()) return;
  const size_t rows = item.batch->rows->row_count();
  Attempt attempt{*item.batch, names, {0, rows}, 0, {}};
  const auto commit_rest = [&] {
    attempt.range = {attempt.committed, rows};
    return CommitRange(attempt);
  };
  (void)standing_.Keep(names, commit_rest, true, stop);
}

Status TableKeeper::CommitRange(Attempt& attempt) {
  while (true) {
    std::string blamed;
    const Status committed = CommitOnce(attempt, &blamed);
    if (committed) return {};
    if (committed.error().code() != ErrorCode::kInvalid || blamed.empty()) return committed;
    const size_t known = attempt.refused[blamed].size();
    TR_RETURN_IF_ERROR(Blame(attempt, blamed, committed.error()));
    if (attempt.refused[blamed].size() == known) return CommitHalves(attempt);
  }
}

Status TableKeeper::CommitOnce(Attempt& attempt, std::string* blamed) {
  WarehouseCommit commit;
  commit.batch = attempt.batch.rows.get();
  commit.range = attempt.range;
  commit.kind = MaterializationKind::kTable;
  commit.names = attempt.names;
  commit.positions = attempt.range.end == attempt.batch.rows->row_count() ? attempt.batch.run.after
                                                                           : attempt.batch.PositionsAfter(attempt.range.end);
  commit.letters = attempt.batch.LettersAfter(attempt.range.end);
  for (const auto& [table, refused] : attempt.refused) {
    if (!refused.empty()) commit.exclusions.push_back({table, NumbersOf(refused)});
  }
  const auto consumed = attempt.batch.ConsumedBy(attempt.range);
  commit.read = consumed.read;
  commit.undecodable = consumed.undecodable;
  commit.time_ms = services_.clock.Now().millis();
  const auto committed = services_.warehouse.Commit(commit);
  if (!committed) {
    *blamed = committed.error().materialization;
    return Fail(committed.error().error);
  }
  attempt.committed = attempt.range.end;
  Advance(attempt, commit, *committed);
  return {};
}

// The batch fails while no record of it fails alone (a sum that overflows, say): each half on its own, down to one record.
Status TableKeeper::CommitHalves(Attempt& attempt) {
  const RowRange whole = attempt.range;
  const size_t middle = whole.begin + (whole.end - whole.begin) / 2;
  for (const RowRange half : {RowRange{whole.begin, middle}, RowRange{middle, whole.end}}) {
    attempt.range = half;
    TR_RETURN_IF_ERROR(CommitRange(attempt));
  }
  return {};
}

Status TableKeeper::Blame(Attempt& attempt, const std::string& table, const Error& error) {
  std::vector<RefusedRow>& known = attempt.refused[table];
  TR_TRY(std::vector<RefusedRow> found, FindRefusedRows(attempt.range, NumbersOf(known), [&](const Trial& trial, RowRange* suspects) {
           return services_.warehouse.Evaluate(WithoutShadow(table), *attempt.batch.rows, trial, suspects);
         }));
  const bool alone = attempt.range.end - attempt.range.begin == 1;
  if (found.empty() && alone && known.empty()) found.push_back({attempt.range.begin, error.message()});
  if (found.empty()) return alone ? Status(Fail(error)) : Status();
  TR_RETURN_IF_ERROR(RejectRows(services_, attempt.batch, Stage::kTable, table, found));
  TR_CRASH_POINT("engine.table_letters_written");
  known.insert(known.end(), found.begin(), found.end());
  std::sort(known.begin(), known.end(), [](const RefusedRow& a, const RefusedRow& b) { return a.row < b.row; });
  return {};
}

void TableKeeper::Advance(const Attempt& attempt, const WarehouseCommit& commit, const std::vector<Flow>& flows) {
  services_.committed(attempt.batch.stream);
  for (size_t i = 0; i < attempt.names.size(); ++i)
    services_.progress.Advance("table", attempt.names[i], commit.positions, flows[i], commit.letters);
}

void CollectionKeeper::Take(const WorkItem& item, const std::stop_token& stop) {
  bool patient = true;  // as with stored rows
  for (const std::string& name : standing_.Going(item.names)) {
    patient = standing_.Keep({name}, [&] { return Keep(*item.batch, name); }, patient, stop) && patient;
  }
}

Status CollectionKeeper::Keep(const DecodedBatch& batch, const std::string& name) {
  std::vector<RefusedRow> refused;
  TR_TRY(const auto projected, ProjectAll(batch, name, &refused));
  const std::vector<RefusedRow> unmergeable = NotMergeable(name, projected);
  refused.insert(refused.end(), unmergeable.begin(), unmergeable.end());

  const RowRange whole{0, batch.rows->row_count()};
  std::vector<Fate> fates(whole.end, Fate::kFiltered);
  for (const RefusedRow& row : refused) fates[row.row] = Fate::kDeadLettered;
  std::vector<DocumentChange> changes;
  changes.reserve(projected.size());
  for (const ProjectedDocument& document : projected) {
    // A record is taken whole or not at all: of one that is refused no other document is kept.
    Fate& fate = fates[static_cast<size_t>(document.row)];
    if (!document.key || fate == Fate::kDeadLettered) continue;
    fate = Fate::kEmitted;
    DocumentChange change{*document.key, JsonOf(document), {}};
    for (const auto& value : document.indexed) change.indexed.emplace_back(value);
    changes.push_back(std::move(change));
  }
  TR_RETURN_IF_ERROR(RejectRows(services_, batch, Stage::kDocument, name, refused));

  const auto consumed = batch.ConsumedBy(whole);
  ConsumedStep step;
  step.positions = batch.run.after;
  step.letters = batch.letters;
  step.flow = {consumed.read, Count(fates, Fate::kEmitted), Count(fates, Fate::kFiltered),
               Count(fates, Fate::kDeadLettered) + consumed.undecodable};
  step.time_ms = services_.clock.Now().millis();
  TR_TRY(const Flow flow, services_.documents.Apply(name, changes, step));
  services_.progress.Advance("collection", name, batch.run.after, flow, batch.letters);
  return {};
}

std::vector<RefusedRow> CollectionKeeper::NotMergeable(const std::string& name,
                                                       const std::vector<ProjectedDocument>& projected) const {
  const auto rule = rules_.find(WithoutShadow(name));
  if (rule == rules_.end() || rule->second.merge == MergeMode::kReplace) return {};
  std::vector<RefusedRow> refused;
  for (const ProjectedDocument& document : projected) {
    if (!document.key || JsonOf(document).substr(0, 1) == "{") continue;
    const auto row = static_cast<size_t>(document.row);
    if (!refused.empty() && refused.back().row == row) continue;
    refused.push_back({row, "the document is not a JSON object, which its merge needs"});
  }
  return refused;
}

Result<std::vector<ProjectedDocument>> CollectionKeeper::ProjectAll(const DecodedBatch& batch, const std::string& name,
                                                                    std::vector<RefusedRow>* refused) {
  const RowRange whole{0, batch.rows->row_count()};
  const auto project = [&](const Trial& trial, RowRange* suspects) {
    return services_.warehouse.Project(WithoutShadow(name), *batch.rows, trial, suspects);
  };
  auto projected = project({whole}, nullptr);
  if (projected || projected.error().code() != ErrorCode::kInvalid) return projected;
  TR_TRY(*refused, FindRefusedRows(whole, {}, [&](const Trial& trial, RowRange* suspects) -> Status {
           if (auto part = project(trial, suspects); !part) return Fail(part.error());
           return {};
         }));
  if (refused->empty()) return projected;
  return project({whole, NumbersOf(*refused)}, nullptr);
}

}  // namespace tailrace::engine
