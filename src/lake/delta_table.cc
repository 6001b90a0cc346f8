#include "lake/delta_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/crash_point.h"
#include "base/file_system.h"
#include "crypto/digest.h"
#include "lake/delta_merge.h"
#include "sql/duckdb.h"

namespace tailrace::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTablesFolder = "tables/";
constexpr int64_t kCheckpointEvery = 10;
// Files below this size are merged, once there are so many in one partition of the table.
constexpr int64_t kSmallFileBytes = int64_t{16} << 20;
constexpr size_t kSmallFilesMax = 16;
constexpr int kConflictsMax = 5;

std::string TransactionOf(const DeltaTableOptions& options, std::string_view what) { return fmt::format("tailrace/{}/{}", options.table, what); }

// As an identifier of RFC 4122's form, the same for the same table.
std::string TableId(const std::string& table) {
  const std::string hex = crypto::HexText(crypto::Sha256("tailrace delta table " + table));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12));
}

Error OfFileSystem(const std::string& path, const std::error_code& error) { return Error::Unavailable(path + ": " + error.message()); }

}  // namespace

DeltaTable::DeltaTable(DeltaServices services, DeltaTableOptions options)
    : services_(std::move(services)), options_(std::move(options)), prefix_(std::string(kTablesFolder) + options_.table + "/"), log_(services_.objects, prefix_) {}

Status DeltaTable::Open() {
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), services_.folder));
  const std::string spill = services_.folder + "/staging/.spill";
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), spill));
  TR_TRY(files_, ParquetFiles::Open(services_.folder, spill + "/" + options_.table));
  const Status read = Read();
  if (read || read.error().code() != ErrorCode::kCorruption) return read;
  damage_ = read.error().With("`tailrace rebuild " + options_.table + "` makes it anew");
  TR_TRY(damaged_generation_, services_.exporter.Generation(options_.table));
  return Fail(*damage_);
}

Status DeltaTable::Read() {
  state_ = {};
  TR_RETURN_IF_ERROR(log_.Refresh(&state_));
  looked_at_ = state_.transactions;
  return DeleteOrphans();
}

// The warehouse holds all that the table is to hold.
Status DeltaTable::BeginAnew() {
  TR_TRY(const auto objects, services_.objects.List(prefix_));
  // The first version goes last: a kill between leaves a table that is damaged still.
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) TR_RETURN_IF_ERROR(services_.objects.Delete(object->name));
  damage_.reset();
  pending_since_ms_ = 0;
  return Read();
}

// What a commit put that did not come about.
Status DeltaTable::DeleteOrphans() {
  TR_TRY(const auto objects, services_.objects.List(prefix_));
  for (const ObjectInfo& object : objects) {
    const std::string path = object.name.substr(prefix_.size());
    if (!IsDeltaFileOfOurs(path)) continue;
    const std::string encoded = EncodePath(path);
    if (state_.files.contains(encoded) || state_.removed.contains(encoded)) continue;
    TR_RETURN_IF_ERROR(services_.objects.Delete(object.name));
  }
  return {};
}

DeltaTable::Transactions DeltaTable::TransactionsOf(const TableMark& mark, int64_t generation) const {
  Transactions reached;
  for (size_t p = 0; p < mark.positions.size(); ++p) reached[fmt::format("tailrace/{}/{}", options_.stream, p)] = mark.positions[p].value;
  reached[TransactionOf(options_, "letters")] = mark.letters.value;
  reached[TransactionOf(options_, "generation")] = generation;
  return reached;
}

bool DeltaTable::IsDue(const Transactions& reached) {
  int64_t records = 0;
  bool changed = state_.version < 0;
  for (const auto& [app, version] : reached) {
    const auto before = looked_at_.find(app);
    const int64_t was = before == looked_at_.end() ? 0 : before->second;
    changed = changed || before == looked_at_.end() || was != version;
    records += std::max<int64_t>(version - was, 0);
  }
  if (!changed) {
    pending_since_ms_ = 0;
    return false;
  }
  const int64_t now = services_.clock.Now().millis();
  if (pending_since_ms_ == 0) pending_since_ms_ = now;
  return now - pending_since_ms_ >= options_.commit_after_ms || static_cast<double>(records) * bytes_per_record_ >= static_cast<double>(options_.commit_bytes);
}

Status DeltaTable::Step(const TableMark& mark, bool flush, const std::stop_token& stop) {
  TR_TRY(const int64_t generation, services_.exporter.Generation(options_.table));
  if (damage_ && generation == damaged_generation_) return Fail(*damage_);
  if (damage_) {
    TR_RETURN_IF_ERROR(BeginAnew());
    flush = true;
  }
  const Transactions reached = TransactionsOf(mark, generation);
  if (!IsDue(reached) && (!flush || pending_since_ms_ == 0)) return DeleteRemoved();
  TR_RETURN_IF_ERROR(Write({mark, generation, stop}));
  looked_at_ = reached;
  pending_since_ms_ = 0;
  return {};
}

Status DeltaTable::Write(const Work& work) {
  for (int attempt = 0;; ++attempt) {
    const Status written = WriteOnce(work);
    if (written || written.error().code() != ErrorCode::kConflict || attempt == kConflictsMax) return written;
    TR_RETURN_IF_ERROR(log_.Refresh(&state_));
  }
}

Result<std::vector<FileColumn>> DeltaTable::Columns() {
  QueryRequest query;
  query.sql = "SELECT * FROM " + sql::QuoteIdentifier(options_.table);
  query.trusted = true;
  TR_TRY(const auto infos, services_.exporter.Columns(query));
  std::vector<FileColumn> columns;
  for (const ColumnInfo& info : infos) {
    TR_TRY(ColumnType type, ParseColumnType(info.type));
    columns.push_back({info.name, std::move(type)});
  }
  return columns;
}

DeltaMetadata DeltaTable::MetadataOf(const std::vector<FileColumn>& columns) const {
  ColumnType row;
  row.kind = ColumnType::Kind::kStruct;
  for (const FileColumn& column : columns) row.parts.emplace_back(column.name, column.type);
  DeltaMetadata metadata;
  metadata.id = state_.version < 0 ? TableId(options_.table) : state_.metadata.id;
  metadata.schema = DeltaTypeJson(row);
  metadata.partition_columns = options_.partition_by;
  metadata.created_ms = state_.version < 0 ? services_.clock.Now().millis() : state_.metadata.created_ms;
  return metadata;
}

std::vector<FileColumn> DeltaTable::Unpartitioned(const std::vector<FileColumn>& columns) const {
  std::vector<FileColumn> kept;
  for (const FileColumn& column : columns) {
    const auto& by = options_.partition_by;
    if (std::find(by.begin(), by.end(), column.name) == by.end()) kept.push_back(column);
  }
  return kept;
}

Result<std::string> DeltaTable::EmptyStaging() const {
  const std::string staging = services_.folder + "/staging/" + options_.table;
  std::error_code failed;
  fs::remove_all(staging, failed);
  if (!failed) fs::create_directories(staging, failed);
  if (failed) return Fail(OfFileSystem(staging, failed));
  return staging;
}

std::optional<int64_t> DeltaTable::Committed(const std::string& app) const {
  const auto found = state_.transactions.find(app);
  return found == state_.transactions.end() ? std::nullopt : std::optional(found->second);
}

FileExportRequest DeltaTable::RequestTo(const std::string& staging) const {
  FileExportRequest request;
  request.query.trusted = true;
  request.path = options_.partition_by.empty() ? staging + "/rows.parquet" : staging;
  request.partition_by = options_.partition_by;
  return request;
}

DeltaFiles DeltaTable::NewFiles(const std::vector<FileColumn>& columns) {
  return DeltaFiles(services_.objects, *files_, services_.clock, prefix_, Unpartitioned(columns), state_.version + 1, options_.file_bytes);
}

void DeltaTable::RemoveAll(DeltaCommit* commit) const {
  commit->removed.clear();
  for (const auto& [path, file] : state_.files) commit->removed.push_back(path);
}

void DeltaTable::SetReached(const Work& work, const FileExportSummary& summary, int64_t generation, DeltaCommit* commit) const {
  TableMark reached = work.mark;
  for (const AsOf& as_of : summary.as_of) {
    if (as_of.stream == options_.stream) reached.positions = as_of.positions;
  }
  commit->transactions = TransactionsOf(reached, generation);
}

Status DeltaTable::WriteOnce(const Work& work) {
  TR_TRY(const auto columns, Columns());
  DeltaMetadata metadata = MetadataOf(columns);
  DeltaCommit commit;
  commit.operation = "WRITE";
  commit.time_ms = services_.clock.Now().millis();
  if (state_.version < 0 || metadata != state_.metadata) commit.metadata = std::move(metadata);
  TR_RETURN_IF_ERROR(services_.exporter.OnlyGrows(options_.table) ? Grow(work, columns, &commit) : Change(work, columns, &commit));
  if (commit.added.empty() && commit.removed.empty() && !commit.metadata) return {};
  const std::string generation_key = TransactionOf(options_, "generation");
  const bool is_rebuilt = state_.version >= 0 && Committed(generation_key) != commit.transactions[generation_key];
  TR_RETURN_IF_ERROR(log_.Commit(commit, &state_));
  return AfterCommit(columns, is_rebuilt);
}

// Adds the rows that are not in the table.
Status DeltaTable::Grow(const Work& work, const std::vector<FileColumn>& columns, DeltaCommit* commit) {
  const std::string rows_key = TransactionOf(options_, "rows");
  const std::string generation_key = TransactionOf(options_, "generation");
  TR_TRY(const std::string staging, EmptyStaging());
  FileExportRequest request = RequestTo(staging);
  request.slice = TableSlice{options_.table, Committed(rows_key).value_or(0), commit->metadata ? std::nullopt : Committed(generation_key)};
  request.query.sql = fmt::format("SELECT {} FROM {}", FileColumnList(columns), FileExporter::kSliceName);
  TR_TRY(const FileExportSummary summary, services_.exporter.Export(request, work.stop));
  TR_CRASH_POINT("lake.table_exported");
  if (summary.rows > 0) {
    TR_TRY(const auto staged, StagedFilesIn(staging));
    DeltaFiles files = NewFiles(columns);
    for (const StagedFile& file : staged) TR_RETURN_IF_ERROR(files.Put(file.path, file.folder));
    commit->added = std::move(files.added());
    int64_t bytes = 0;
    for (const DeltaFile& file : commit->added) bytes += file.bytes;
    bytes_per_record_ = static_cast<double>(bytes) / static_cast<double>(summary.rows);
  }
  TR_CRASH_POINT("lake.table_files_put");
  if (summary.from_row == 0) RemoveAll(commit);
  SetReached(work, summary, summary.generation, commit);
  commit->transactions[rows_key] = summary.to_row;
  return {};
}

// Makes the table hold the state that the warehouse has now.
Status DeltaTable::Change(const Work& work, const std::vector<FileColumn>& columns, DeltaCommit* commit) {
  TR_TRY(const std::string staging, EmptyStaging());
  FileExportRequest request = RequestTo(staging);
  // In one order, so that the same state is the same bytes.
  request.query.sql = fmt::format("SELECT {} FROM {} ORDER BY ALL", FileColumnList(columns), sql::QuoteIdentifier(options_.table));
  TR_TRY(const FileExportSummary summary, services_.exporter.Export(request, work.stop));
  TR_CRASH_POINT("lake.table_exported");
  SetReached(work, summary, work.generation, commit);
  // What a rebuild made takes the place of all files: it mends those that are damaged.
  const bool is_other = commit->metadata || Committed(TransactionOf(options_, "generation")) != work.generation;
  DeltaFiles files = NewFiles(columns);
  if (is_other) {
    TR_TRY(const auto staged, StagedFilesIn(staging));
    for (const StagedFile& file : staged) TR_RETURN_IF_ERROR(files.Put(file.path, file.folder));
    RemoveAll(commit);
  } else {
    const DeltaMergeOptions merging{services_.folder + "/" + prefix_, staging, options_.merge_from_bytes};
    auto merged = MergeState(state_, merging, Unpartitioned(columns), *files_, files);
    if (!merged) return Fail(merged.error());
    commit->removed = std::move(merged->removed);
  }
  commit->added = std::move(files.added());
  TR_CRASH_POINT("lake.table_files_put");
  return {};
}

Status DeltaTable::CheckOne(const std::string& name, const std::string& expected, const std::stop_token& stop) const {
  if (expected.empty()) return {};  // another writer's, or of a version that noted none
  const auto sha256 = Sha256OfFile(services_.folder + "/" + name, stop);
  if (!sha256 && sha256.error().code() == ErrorCode::kNotFound) return Fail(Error::Corruption(name + " is missing"));
  if (!sha256) return Fail(sha256.error());
  return *sha256 == expected ? Status() : Fail(Error::Corruption(name + " is not what was written: its hash differs"));
}

Status DeltaTable::Check(const std::stop_token& stop) const {
  if (damage_) return Fail(*damage_);
  TR_RETURN_IF_ERROR(CheckOne(log_.CheckpointName(state_.kept), state_.checkpoint_sha256, stop));
  for (const auto& [path, file] : state_.files) TR_RETURN_IF_ERROR(CheckOne(prefix_ + DecodePath(path), file.sha256, stop));
  return {};
}

Status DeltaTable::AfterCommit(const std::vector<FileColumn>& columns, bool is_rebuilt) {
  TR_RETURN_IF_ERROR(MergeSmallFiles(columns));
  TR_RETURN_IF_ERROR(DeleteRemoved());
  // After a rebuild at once: it may be that the last one is what is damaged.
  const bool is_due = state_.version - state_.kept >= kCheckpointEvery || (is_rebuilt && state_.kept > 0);
  return is_due ? WriteCheckpoint() : Status();
}

Status DeltaTable::MergeSmallFiles(const std::vector<FileColumn>& columns) {
  std::map<std::map<std::string, std::optional<std::string>>, std::vector<DeltaFile>> small;
  for (const auto& [path, file] : state_.files) {
    if (file.bytes < std::min(kSmallFileBytes, options_.file_bytes / 4)) small[file.partition].push_back(file);
  }
  DeltaCommit commit;
  commit.operation = "OPTIMIZE";
  commit.time_ms = services_.clock.Now().millis();
  commit.data_changes = false;
  DeltaFiles merged_files = NewFiles(columns);
  for (auto& [partition, files] : small) {
    if (files.size() < kSmallFilesMax) continue;
    // The names hold the versions: so in the order in which they were written.
    std::sort(files.begin(), files.end(), [](const DeltaFile& a, const DeltaFile& b) { return a.path < b.path; });
    std::vector<std::string> paths;
    int64_t bytes = 0;
    for (const DeltaFile& file : files) {
      if (bytes + file.bytes > options_.file_bytes) break;
      bytes += file.bytes;
      paths.push_back(services_.folder + "/" + prefix_ + DecodePath(file.path));
    }
    if (paths.size() < 2) continue;
    for (size_t i = 0; i < paths.size(); ++i) commit.removed.push_back(files[i].path);
    TR_TRY(const std::string staging, EmptyStaging());
    TR_RETURN_IF_ERROR(files_->Merge(paths, staging + "/merged.parquet"));
    const std::string first = DecodePath(files.front().path);
    const std::string folder = first.substr(0, first.rfind('/') == std::string::npos ? 0 : first.rfind('/') + 1);
    TR_RETURN_IF_ERROR(merged_files.Put(staging + "/merged.parquet", folder));
  }
  commit.added = std::move(merged_files.added());
  TR_CRASH_POINT("lake.table_compacted");
  if (commit.added.empty()) return {};
  const Status merged = log_.Commit(commit, &state_);
  // Somebody else was faster; what was merged is merged another time.
  return !merged && merged.error().code() == ErrorCode::kConflict ? Status() : merged;
}

Status DeltaTable::WriteCheckpoint() {
  TR_TRY(const std::string staging, EmptyStaging());
  const std::string actions = staging + "/actions.jsonl";
  TR_RETURN_IF_ERROR(ReplaceFile(PosixFileSystem(), actions, StateText(state_)));
  const std::string checkpoint = staging + "/checkpoint.parquet";
  TR_RETURN_IF_ERROR(files_->WriteCheckpoint(actions, checkpoint));
  TR_TRY(state_.checkpoint_sha256, Sha256OfFile(checkpoint, {}));
  TR_RETURN_IF_ERROR(services_.objects.PutFile(log_.CheckpointName(state_.version), checkpoint));
  TR_CRASH_POINT("lake.table_checkpoint");
  const size_t size = 2 + state_.transactions.size() + state_.removed.size() + state_.files.size();
  TR_RETURN_IF_ERROR(services_.objects.Put(prefix_ + "_delta_log/_last_checkpoint", fmt::format(R"({{"version":{},"size":{}}})", state_.version, size)));
  TR_RETURN_IF_ERROR(log_.KeepState(state_));
  state_.kept = state_.version;
  return {};
}

Status DeltaTable::DeleteRemoved() {
  const int64_t before_ms = services_.clock.Now().millis() - options_.vacuum_after_ms;
  for (auto at = state_.removed.begin(); at != state_.removed.end();) {
    if (at->second > before_ms) {
      ++at;
      continue;
    }
    TR_RETURN_IF_ERROR(services_.objects.Delete(prefix_ + DecodePath(at->first)));
    TR_CRASH_POINT("lake.table_vacuumed");
    at = state_.removed.erase(at);
  }
  return {};
}

}  // namespace tailrace::lake
