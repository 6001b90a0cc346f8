#include "lake/delta_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/crash_point.h"
#include "base/file_system.h"
#include "crypto/digest.h"
#include "sql/duckdb.h"

namespace tailrace::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTablesFolder = "tables/";
// A name of DuckDB's own, for a value that is null.
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";
constexpr int64_t kCheckpointEvery = 10;
// Files below this size are merged, once there are so many in one partition of the table.
constexpr int64_t kSmallFileBytes = int64_t{16} << 20;
constexpr size_t kSmallFilesMax = 16;
constexpr int64_t kMergedBytesMax = int64_t{256} << 20;
// Readers of an older version have so long to finish.
constexpr int64_t kKeepRemovedMs = 3'600'000;
constexpr int kConflictsMax = 5;

std::string TransactionOf(const DeltaTableOptions& options, std::string_view what) { return fmt::format("tailrace/{}/{}", options.table, what); }

// "A=1/B=x%20y" to its parts.
std::map<std::string, std::optional<std::string>> PartitionOf(const std::string& folder) {
  std::map<std::string, std::optional<std::string>> values;
  for (const fs::path& step : fs::path(folder)) {
    const std::string text = step.string();
    const size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    const std::string value = DecodePath(std::string_view(text).substr(equals + 1));
    // The empty text means null in Delta Lake's log.
    const bool is_null = value == kNullFolder || value.empty();
    values[DecodePath(std::string_view(text).substr(0, equals))] = is_null ? std::nullopt : std::optional(value);
  }
  return values;
}

// As an identifier of RFC 4122's form, the same for the same table.
std::string TableId(const std::string& table) {
  const std::string hex = crypto::HexText(crypto::Sha256("tailrace delta table " + table));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20, 12));
}

// Whether a file was named by PutFiles.
bool IsOurs(std::string_view path) {
  constexpr std::string_view kForm = "part-00000000000000000000-00000.parquet";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.size() == kForm.size() && std::equal(name.begin(), name.end(), kForm.begin(), [](char c, char form) {
           return form == '0' ? c >= '0' && c <= '9' : c == form;
         });
}

Error OfFileSystem(const std::string& path, const std::error_code& error) { return Error::Unavailable(path + ": " + error.message()); }

}  // namespace

DeltaTable::DeltaTable(DeltaServices services, DeltaTableOptions options)
    : services_(std::move(services)), options_(std::move(options)), prefix_(std::string(kTablesFolder) + options_.table + "/"), log_(services_.objects, prefix_) {}

Status DeltaTable::Open() {
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), services_.folder));
  TR_TRY(files_, ParquetFiles::Open(services_.folder));
  TR_RETURN_IF_ERROR(log_.Refresh(&state_));
  looked_at_ = state_.transactions;
  return DeleteOrphans();
}

// What a commit put that did not come about.
Status DeltaTable::DeleteOrphans() {
  TR_TRY(const auto objects, services_.objects.List(prefix_));
  for (const ObjectInfo& object : objects) {
    const std::string path = object.name.substr(prefix_.size());
    if (!IsOurs(path)) continue;
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
  const Transactions reached = TransactionsOf(mark, generation);
  if (!IsDue(reached) && (!flush || pending_since_ms_ == 0)) return {};
  TR_RETURN_IF_ERROR(Write(mark, generation, stop));
  looked_at_ = reached;
  pending_since_ms_ = 0;
  return {};
}

Status DeltaTable::Write(const TableMark& mark, int64_t generation, const std::stop_token& stop) {
  for (int attempt = 0;; ++attempt) {
    const Status written = WriteOnce(mark, generation, stop);
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

Status DeltaTable::WriteOnce(const TableMark& mark, int64_t generation, const std::stop_token& stop) {
  TR_TRY(const auto columns, Columns());
  DeltaMetadata metadata = MetadataOf(columns);
  const bool other_shape = state_.version < 0 || metadata != state_.metadata;
  const bool grows = services_.exporter.OnlyGrows(options_.table);
  TR_TRY(const std::string staging, EmptyStaging());

  const std::string rows_key = TransactionOf(options_, "rows");
  const std::string generation_key = TransactionOf(options_, "generation");
  FileExportRequest request;
  request.query.trusted = true;
  request.path = options_.partition_by.empty() ? staging + "/rows.parquet" : staging;
  request.partition_by = options_.partition_by;
  const auto committed = [&](const std::string& app) {
    const auto found = state_.transactions.find(app);
    return found == state_.transactions.end() ? std::nullopt : std::optional(found->second);
  };
  if (grows) {
    request.slice = TableSlice{options_.table, committed(rows_key).value_or(0), other_shape ? std::nullopt : committed(generation_key)};
    request.query.sql = fmt::format("SELECT {} FROM {}", FileColumnList(columns), FileExporter::kSliceName);
  } else {
    // In one order, so that the same state is the same bytes.
    request.query.sql = fmt::format("SELECT {} FROM {} ORDER BY ALL", FileColumnList(columns), sql::QuoteIdentifier(options_.table));
  }
  TR_TRY(const FileExportSummary summary, services_.exporter.Export(request, stop));
  TR_CRASH_POINT("lake.table_exported");

  const bool replaces = !grows || other_shape || summary.from_row == 0;
  DeltaCommit commit;
  commit.operation = "WRITE";
  commit.time_ms = services_.clock.Now().millis();
  if (summary.rows > 0) {
    TR_TRY(commit.added, PutFiles(staging, Unpartitioned(columns), state_.version + 1));
  }
  TR_CRASH_POINT("lake.table_files_put");
  if (replaces) {
    for (const auto& [path, file] : state_.files) commit.removed.push_back(path);
  }
  if (other_shape) commit.metadata = std::move(metadata);
  TableMark reached = mark;
  for (const AsOf& as_of : summary.as_of) {
    if (as_of.stream == options_.stream) reached.positions = as_of.positions;
  }
  commit.transactions = TransactionsOf(reached, grows ? summary.generation : generation);
  if (grows) commit.transactions[rows_key] = summary.to_row;
  if (commit.added.empty() && commit.removed.empty() && !commit.metadata) return {};
  int64_t bytes = 0;
  for (const DeltaFile& file : commit.added) bytes += file.bytes;
  if (grows && summary.rows > 0) bytes_per_record_ = static_cast<double>(bytes) / static_cast<double>(summary.rows);
  TR_RETURN_IF_ERROR(log_.Commit(commit, &state_));
  return AfterCommit(columns, grows);
}

Result<std::vector<DeltaFile>> DeltaTable::PutFiles(const std::string& staging, const std::vector<FileColumn>& columns, int64_t version) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(staging, failed); !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    if (at->path().extension() == ".parquet") paths.push_back(at->path().string());
  }
  if (failed) return Fail(OfFileSystem(staging, failed));
  std::sort(paths.begin(), paths.end());
  std::vector<DeltaFile> files;
  for (const std::string& path : paths) {
    std::string folder = fs::path(path).parent_path().lexically_relative(staging).string();
    folder = folder == "." ? "" : folder + "/";
    TR_TRY(DeltaFile file, PutOne(path, folder, fmt::format("part-{:020}-{:05}.parquet", version, files.size()), columns));
    files.push_back(std::move(file));
  }
  return files;
}

Result<DeltaFile> DeltaTable::PutOne(const std::string& path, const std::string& folder, const std::string& name, const std::vector<FileColumn>& columns) {
  TR_TRY(ParquetSummary summary, files_->Summarize(path, columns));
  TR_TRY(const FileInfo info, PosixFileSystem().Stat(path));
  DeltaFile file;
  file.path = EncodePath(folder + name);
  file.partition = PartitionOf(folder);
  file.bytes = info.bytes;
  file.modified_ms = services_.clock.Now().millis();
  file.records = summary.rows;
  file.stats = std::move(summary.stats);
  TR_RETURN_IF_ERROR(services_.objects.PutFile(prefix_ + folder + name, path));
  return file;
}

Status DeltaTable::AfterCommit(const std::vector<FileColumn>& columns, bool grows) {
  if (grows) TR_RETURN_IF_ERROR(MergeSmallFiles(columns));
  TR_RETURN_IF_ERROR(DeleteRemoved());
  return state_.version - state_.kept >= kCheckpointEvery ? WriteCheckpoint() : Status();
}

Status DeltaTable::MergeSmallFiles(const std::vector<FileColumn>& columns) {
  std::map<std::map<std::string, std::optional<std::string>>, std::vector<DeltaFile>> small;
  for (const auto& [path, file] : state_.files) {
    if (file.bytes < kSmallFileBytes) small[file.partition].push_back(file);
  }
  DeltaCommit commit;
  commit.operation = "OPTIMIZE";
  commit.time_ms = services_.clock.Now().millis();
  commit.data_changes = false;
  for (auto& [partition, files] : small) {
    if (files.size() < kSmallFilesMax) continue;
    // The names hold the versions: so in the order in which they were written.
    std::sort(files.begin(), files.end(), [](const DeltaFile& a, const DeltaFile& b) { return a.path < b.path; });
    std::vector<std::string> paths;
    int64_t bytes = 0;
    for (const DeltaFile& file : files) {
      if (bytes + file.bytes > kMergedBytesMax) break;
      bytes += file.bytes;
      paths.push_back(services_.folder + "/" + prefix_ + DecodePath(file.path));
      commit.removed.push_back(file.path);
    }
    TR_TRY(const std::string staging, EmptyStaging());
    TR_RETURN_IF_ERROR(files_->Merge(paths, staging + "/merged.parquet"));
    const std::string first = DecodePath(files.front().path);
    const std::string folder = first.substr(0, first.rfind('/') == std::string::npos ? 0 : first.rfind('/') + 1);
    TR_TRY(DeltaFile merged, PutOne(staging + "/merged.parquet", folder,
                                    fmt::format("part-{:020}-{:05}.parquet", state_.version + 1, commit.added.size()), Unpartitioned(columns)));
    commit.added.push_back(std::move(merged));
  }
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
  TR_RETURN_IF_ERROR(services_.objects.PutFile(fmt::format("{}_delta_log/{:020}.checkpoint.parquet", prefix_, state_.version), checkpoint));
  TR_CRASH_POINT("lake.table_checkpoint");
  const size_t size = 2 + state_.transactions.size() + state_.removed.size() + state_.files.size();
  TR_RETURN_IF_ERROR(services_.objects.Put(prefix_ + "_delta_log/_last_checkpoint", fmt::format(R"({{"version":{},"size":{}}})", state_.version, size)));
  TR_RETURN_IF_ERROR(log_.KeepState(state_));
  state_.kept = state_.version;
  return {};
}

Status DeltaTable::DeleteRemoved() {
  const int64_t before_ms = services_.clock.Now().millis() - kKeepRemovedMs;
  for (auto at = state_.removed.begin(); at != state_.removed.end();) {
    if (at->second > before_ms) {
      ++at;
      continue;
    }
    TR_RETURN_IF_ERROR(services_.objects.Delete(prefix_ + DecodePath(at->first)));
    at = state_.removed.erase(at);
  }
  return {};
}

}  // namespace tailrace::lake
