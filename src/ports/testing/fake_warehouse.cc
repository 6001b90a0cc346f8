#include "ports/testing/fake_warehouse.h"

#include <algorithm>
#include <utility>

#include "ports/testing/any_sink.h"

namespace tailrace::testing {
namespace {

std::string ShadowName(std::string_view table) { return std::string(table).append(Warehouse::kShadowSuffix); }

class FakeBatch final : public StreamBatch, private RowSink {
 public:
  RowSink& rows() override { return *this; }
  void Stamp(PartitionId partition, Offset offset, Seq seq, int64_t, std::string_view record) override {
    open_ = {partition, offset, seq, std::string(record)};
  }
  size_t row_count() const override { return records_.size(); }
  size_t byte_count() const override { return bytes_; }

  const std::vector<FakeRecord>& records() const { return records_; }

 private:
  void BeginRow() override { open_ = {}; }
  ValueSink& Column(size_t) override { return values_; }
  void CommitRow() override {
    bytes_ += sizeof(FakeRecord) + open_.record.size();
    records_.push_back(std::move(open_));
  }
  void AbandonRow() override { open_ = {}; }

  AnySink values_;
  FakeRecord open_;
  std::vector<FakeRecord> records_;
  size_t bytes_ = 0;
};

const std::vector<FakeRecord>& RecordsOf(const StreamBatch& batch) {
  return dynamic_cast<const FakeBatch&>(batch).records();
}

tl::unexpected<CommitError> Refused(Error error, std::string materialization = "") {
  return tl::unexpected<CommitError>(CommitError{std::move(error), std::move(materialization)});
}

std::vector<size_t> ExcludedOf(const WarehouseCommit& commit, const std::string& name) {
  for (const RowExclusion& exclusion : commit.exclusions) {
    if (exclusion.materialization == name) return exclusion.rows;
  }
  return {};
}

Error CannotTake() { return Error::Invalid("a record that cannot be taken"); }

}  // namespace

Result<std::vector<MaterializationState>> FakeWarehouse::Adopt(const WarehousePlan& plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  std::erase_if(disk_->kept, [](const auto& kept) { return kept.first.ends_with(kShadowSuffix); });
  std::vector<MaterializationState> states;
  for (const StreamPlan& stream : plan.streams) {
    const Positions start(static_cast<size_t>(stream.partitions));
    if (stream.store) AdoptOne({stream.name, MaterializationKind::kStoredRows, "", start, {}}, stream.name, &states);
    for (const TablePlan& table : plan.tables) {
      if (table.stream == stream.name)
        AdoptOne({table.stream, MaterializationKind::kTable, table.fingerprint, start, {}}, table.name, &states);
    }
  }
  return states;
}

void FakeWarehouse::AdoptOne(const Kept& fresh, const std::string& name, std::vector<MaterializationState>* states) {
  definitions_.insert_or_assign(name, fresh);
  const Kept& kept = disk_->kept.try_emplace(name, fresh).first->second;
  states->push_back({name, kept.stream, kept.kind, kept.positions, kept.fingerprint != fresh.fingerprint, kept.letters,
                     kept.flow, kept.commits});
}

Result<std::unique_ptr<StreamBatch>> FakeWarehouse::NewBatch(std::string_view stream) {
  const std::lock_guard lock(mutex_);
  const bool known = std::any_of(plan_.streams.begin(), plan_.streams.end(),
                                 [&](const StreamPlan& plan) { return plan.name == stream; });
  if (!known) return Fail(Error::NotFound("there is no stream " + std::string(stream)));
  return std::make_unique<FakeBatch>();
}

std::optional<size_t> FakeWarehouse::Refuses(std::string_view name, const StreamBatch& batch, const Trial& trial) const {
  if (!disk_->refuses) return std::nullopt;
  for (size_t row = trial.range.begin; row < trial.range.end; ++row) {
    const bool left_out = std::binary_search(trial.excluded.begin(), trial.excluded.end(), row);
    if (!left_out && disk_->refuses(name, RecordsOf(batch)[row])) return row;
  }
  return std::nullopt;
}

// The group of rows of a trial in which this one is.
RowRange GroupOf(const Trial& trial, size_t row) {
  if (trial.rows_at_once == 0) return trial.range;
  const size_t begin = trial.range.begin + (row - trial.range.begin) / trial.rows_at_once * trial.rows_at_once;
  return {begin, std::min(begin + trial.rows_at_once, trial.range.end)};
}

CommitResult FakeWarehouse::Commit(const WarehouseCommit& commit) {
  const std::lock_guard lock(mutex_);
  if (disk_->before_commit) {
    if (Status allowed = disk_->before_commit(commit); !allowed) return Refused(allowed.error());
  }
  for (const std::string& name : commit.names) {
    const auto kept = disk_->kept.find(name);
    if (kept == disk_->kept.end() || kept->second.kind != commit.kind)
      return Refused(Error::NotFound("there is no " + name));
    const auto definition = definitions_.find(name);
    if (definition != definitions_.end() && definition->second.fingerprint != kept->second.fingerprint) {
      return Refused(Error::Conflict("rebuild it first"));
    }
    if (Refuses(name, *commit.batch, {commit.range, ExcludedOf(commit, name)})) return Refused(CannotTake(), name);
  }
  std::vector<Flow> flows;
  for (const std::string& name : commit.names) {
    Kept& kept = disk_->kept.find(name)->second;
    Take(commit, name, &kept);
    flows.push_back(kept.flow);
  }
  return flows;
}

void FakeWarehouse::Take(const WarehouseCommit& commit, const std::string& name, Kept* kept) const {
  const std::vector<size_t> excluded = ExcludedOf(commit, name);
  kept->flow += {commit.read, 0, 0, commit.undecodable};
  for (size_t row = commit.range.begin; row < commit.range.end; ++row) {
    const FakeRecord& record = RecordsOf(*commit.batch)[row];
    if (std::binary_search(excluded.begin(), excluded.end(), row)) {
      ++kept->flow.dead_lettered;
    } else if (disk_->filters && disk_->filters(name, record)) {
      ++kept->flow.filtered;
    } else {
      ++kept->flow.emitted;
      kept->records.push_back(record);
    }
  }
  for (const BatchPart& part : commit.further) {
    const auto& records = RecordsOf(*part.batch);
    kept->records.insert(kept->records.end(), records.begin() + static_cast<std::ptrdiff_t>(part.range.begin),
                         records.begin() + static_cast<std::ptrdiff_t>(part.range.end));
    kept->flow.emitted += static_cast<int64_t>(part.range.end - part.range.begin);
  }
  kept->positions = commit.positions;
  kept->letters = commit.letters.value_or(kept->letters);
  ++kept->commits;
}

Status FakeWarehouse::Evaluate(std::string_view table, const StreamBatch& batch, const Trial& trial, RowRange* suspects) {
  const std::lock_guard lock(mutex_);
  if (!disk_->kept.contains(table)) return Fail(Error::NotFound("there is no " + std::string(table)));
  const auto refused = Refuses(table, batch, trial);
  if (refused && suspects != nullptr) *suspects = GroupOf(trial, *refused);
  return refused ? Status(Fail(CannotTake())) : Status();
}

Result<std::vector<ProjectedDocument>> FakeWarehouse::Project(std::string_view collection, const StreamBatch& batch,
                                                              const Trial& trial, RowRange* suspects) {
  const std::lock_guard lock(mutex_);
  const auto& plans = plan_.projections;
  const bool known =
      std::any_of(plans.begin(), plans.end(), [&](const ProjectionPlan& plan) { return plan.name == collection; });
  if (!known) return Fail(Error::NotFound("there is no collection " + std::string(collection)));
  const auto refused = Refuses(collection, batch, trial);
  if (refused && suspects != nullptr) *suspects = GroupOf(trial, *refused);
  if (refused) return Fail(CannotTake());
  std::vector<ProjectedDocument> documents;
  for (size_t row = trial.range.begin; row < trial.range.end; ++row) {
    if (std::binary_search(trial.excluded.begin(), trial.excluded.end(), row)) continue;
    const FakeRecord& record = RecordsOf(batch)[row];
    documents.push_back(disk_->project ? disk_->project(record)
                                       : ProjectedDocument{std::to_string(record.offset.value), record.record, {}, 0});
    documents.back().row = static_cast<int64_t>(row);
  }
  return documents;
}

Result<QuerySummary> FakeWarehouse::Query(const QueryRequest& request, ResultSink& sink, std::stop_token) {
  const std::lock_guard lock(mutex_);
  if (!disk_->answer) return Fail(Error::Invalid("no answer was given to the fake"));
  return disk_->answer(request, sink);
}

Status FakeWarehouse::BeginShadow(std::string_view table) {
  const std::lock_guard lock(mutex_);
  const auto definition = definitions_.find(table);
  if (definition == definitions_.end()) return Fail(Error::NotFound("there is no " + std::string(table)));
  disk_->kept.insert_or_assign(ShadowName(table), definition->second);
  return {};
}

Status FakeWarehouse::FinishShadow(std::string_view table) {
  const std::lock_guard lock(mutex_);
  auto shadow = disk_->kept.extract(ShadowName(table));
  if (shadow.empty()) return Fail(Error::NotFound("there is no shadow of " + std::string(table)));
  disk_->kept.insert_or_assign(std::string(table), std::move(shadow.mapped()));
  return {};
}

Status FakeWarehouse::Maintain(bool) { return {}; }

}  // namespace tailrace::testing
