#include "sources/delta_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "model/json_text.h"
#include "model/schema.h"
#include "sources/input_file.h"
#include "sources/query_rows.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLogFolder = "_delta_log";
constexpr size_t kVersionDigits = 20;

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the names in the folder of the log say.
struct Listing {
  std::set<int64_t> commits;
  // By version: the files of a checkpoint, when all of them are there.
  std::map<int64_t, std::vector<std::string>> checkpoints;
};

// `00000000000000000010.checkpoint.parquet`, or `...checkpoint.0000000001.0000000003.parquet` of several parts.
void NoteCheckpoint(int64_t version, std::string_view rest, const std::string& path, std::map<int64_t, std::map<int64_t, std::vector<std::string>>>* found) {
  if (rest == "checkpoint.parquet") {
    (*found)[version][1] = {path};
    return;
  }
  if (!rest.starts_with("checkpoint.") || !rest.ends_with(".parquet")) return;
  rest.remove_prefix(std::string_view("checkpoint.").size());
  rest.remove_suffix(std::string_view(".parquet").size());
  const size_t dot = rest.find('.');
  if (dot == std::string_view::npos) return;
  const auto part = Number(rest.substr(0, dot));
  const auto parts = Number(rest.substr(dot + 1));
  if (part && parts && *parts > 0) (*found)[version][*parts].push_back(path);
}

Result<Listing> List(const std::string& folder) {
  Listing listing;
  std::map<int64_t, std::map<int64_t, std::vector<std::string>>> checkpoints;
  std::error_code failed;
  fs::directory_iterator entries(fs::path(folder) / kLogFolder, failed);
  if (failed) return Fail(Error::NotFound(folder + " is no Delta table: it has no folder " + std::string(kLogFolder)));
  for (; !failed && entries != fs::directory_iterator(); entries.increment(failed)) {
    const std::string name = entries->path().filename().string();
    const auto version = Number(std::string_view(name).substr(0, kVersionDigits));
    if (!version || name.size() <= kVersionDigits || name[kVersionDigits] != '.') continue;
    const std::string_view rest = std::string_view(name).substr(kVersionDigits + 1);
    if (rest == "json") listing.commits.insert(*version);
    NoteCheckpoint(*version, rest, entries->path().string(), &checkpoints);
  }
  if (failed) return Fail(Error::Unavailable(folder + ": its log cannot be read"));
  for (auto& [version, by_parts] : checkpoints) {
    for (auto& [parts, paths] : by_parts) {
      if (static_cast<int64_t>(paths.size()) == parts) listing.checkpoints[version] = paths;
    }
  }
  return listing;
}

Result<std::string> ReadWhole(const std::string& path) {
  TR_TRY(const auto file, InputFile::Open(path));
  TR_TRY(const InputFileState state, file->State());
  if (state.bytes > static_cast<int64_t>(kDeltaCommitBytesMax)) return Fail(Error::Invalid(path + " is larger than a commit may be"));
  std::string text(static_cast<size_t>(state.bytes), '\0');
  TR_TRY(const size_t read, file->ReadAt(0, text.data(), text.size()));
  text.resize(read);
  return text;
}

std::optional<std::string> Decoded(std::string_view path) {
  std::string decoded;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    unsigned char byte = 0;
    if (i + 2 >= path.size() || std::from_chars(&path[i + 1], &path[i + 1] + 2, byte, 16).ptr != &path[i + 1] + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

// The type by which DuckDB reads a partition's value; empty where there is none.
std::string SqlTypeOf(const std::string& delta) {
  static const std::map<std::string, std::string, std::less<>> kTypes = {
      {"string", "VARCHAR"}, {"long", "BIGINT"},   {"integer", "BIGINT"}, {"short", "BIGINT"},        {"byte", "BIGINT"},
      {"float", "DOUBLE"},   {"double", "DOUBLE"}, {"boolean", "BOOLEAN"}, {"timestamp", "TIMESTAMP"}, {"timestamp_ntz", "TIMESTAMP"},
      {"date", "DATE"},
  };
  if (delta.starts_with("decimal(")) return delta;
  const auto found = kTypes.find(delta);
  return found == kTypes.end() ? "" : found->second;
}

// An empty text is null (PROTOCOL.md, "Partition Value Serialization").
std::string PartitionLiteral(const DeltaColumnSpec& column, const std::optional<std::string>& value) {
  const std::string type = SqlTypeOf(column.type);
  if (!value || value->empty() || type.empty()) return "NULL";
  return fmt::format("CAST({} AS {})", sql::QuoteLiteral(*value), type);
}

}  // namespace

// Files by the paths that the log has for them, as the actions so far add up.
struct DeltaTable::State {
  std::optional<DeltaTableAction> table;
  std::map<std::string, DeltaAddAction> files;
  // Of a single commit:
  std::vector<std::string> removed;
  bool takes_rows = false;
};

bool IsDeltaTable(const std::string& folder) {
  std::error_code failed;
  return fs::is_directory(fs::path(folder) / kLogFolder, failed);
}

Result<int64_t> DeltaTable::NewestVersion() const {
  TR_TRY(const Listing listing, List(folder_));
  int64_t newest = listing.commits.empty() ? -1 : *listing.commits.rbegin();
  if (!listing.checkpoints.empty()) newest = std::max(newest, listing.checkpoints.rbegin()->first);
  if (newest < 0) return Fail(Error::NotFound(folder_ + " is no Delta table: its log is empty"));
  return newest;
}

Result<DeltaFiles> DeltaTable::At(int64_t version) {
  TR_TRY(const Listing listing, List(folder_));
  State state;
  int64_t next = 0;
  const auto above = listing.checkpoints.upper_bound(version);
  if (above != listing.checkpoints.begin()) {
    const auto& [at, parts] = *std::prev(above);
    TR_RETURN_IF_ERROR(ReadCheckpoint(at, parts, &state));
    next = at + 1;
  }
  for (; next <= version; ++next) {
    if (listing.commits.count(next) == 0)
      return Fail(Error::Conflict(fmt::format("{}: its log no longer holds version {}, so what the table was at version {} cannot be told", folder_, next, version)));
    TR_RETURN_IF_ERROR(ReadCommit(next, &state));
  }
  if (!state.table) return Fail(Error::Invalid(folder_ + ": its log does not say what the table is"));
  table_ = state.table;
  DeltaFiles files{version, *state.table, {}};
  for (const auto& [path, add] : state.files) {
    TR_TRY(DeltaDataFile file, FileOf(add));
    files.files.push_back(std::move(file));
  }
  return files;
}

Result<DeltaFiles> DeltaTable::Added(int64_t version) {
  TR_TRY(const Listing listing, List(folder_));
  if (listing.commits.count(version) == 0)
    return Fail(Error::Conflict(fmt::format("{}: its log no longer holds version {}. Load the table under another stream or source name to read all of it again", folder_, version)));
  if (!table_) {
    TR_TRY(const DeltaFiles before, At(version - 1));
  }
  State state;
  state.table = table_;
  TR_RETURN_IF_ERROR(ReadCommit(version, &state));
  if (state.takes_rows) {
    return Fail(Error::Conflict(fmt::format("{}: version {} takes rows away or changes some, which cannot be done to rows that were read. Load the table under another "
                                            "stream or source name to read it as it is now",
                                            folder_, version)));
  }
  if (state.table->id != table_->id) return Fail(Error::Conflict(fmt::format("{}: version {} is of another table", folder_, version)));
  table_ = state.table;
  DeltaFiles files{version, *state.table, {}};
  for (const auto& [path, add] : state.files) {
    if (!add.data_change) continue;
    TR_TRY(DeltaDataFile file, FileOf(add));
    files.files.push_back(std::move(file));
  }
  return files;
}

Status DeltaTable::ReadCheckpoint(int64_t version, const std::vector<std::string>& parts, State* state) const {
  const auto read = [&](const std::string& part) -> Status {
    const std::string query = "SELECT COLUMNS('^(add|remove|metaData|protocol)$') FROM " + ParquetRelation(part);
    TR_TRY(QueryRows rows, QueryRows::Open(connection_, query, 0, {}, {}));
    std::string json;
    while (true) {
      TR_TRY(const bool more, rows.Next());
      if (!more) return {};
      json.clear();
      rows.AppendJson(&json);
      TR_RETURN_IF_ERROR(Apply(json, state));
    }
  };
  for (const std::string& part : parts) {
    if (const Status outcome = read(part); !outcome) return Fail(Named(outcome.error().With(fmt::format("checkpoint of version {}", version))));
  }
  return {};
}

Status DeltaTable::ReadCommit(int64_t version, State* state) const {
  TR_TRY(const std::string text, ReadWhole(fmt::format("{}/{}/{:020}.json", folder_, kLogFolder, version)));
  for (const JsonPart& line : SplitLines(text)) {
    if (const Status applied = Apply(line.text, state); !applied) return Fail(Named(applied.error().With(fmt::format("version {}", version))));
  }
  return {};
}

Status DeltaTable::Apply(std::string_view json, State* state) const {
  TR_TRY(DeltaAction action, ParseDeltaAction(json));
  std::optional<std::string> unknown;
  if (action.protocol) unknown = UnknownDeltaFeature(*action.protocol);
  if (action.table) unknown = UnknownDeltaFeature(*action.table);
  if (action.add && action.add->has_deletions) unknown = "deletionVectors";
  if (unknown) return Fail(Error::Invalid(fmt::format("the table uses a feature of Delta Lake that this program does not read: {}", *unknown)));
  if (action.table) state->table = std::move(action.table);
  if (action.remove) {
    state->files.erase(action.remove->path);
    state->takes_rows = state->takes_rows || action.remove->data_change;
  }
  if (!action.add) return {};
  const std::string path = action.add->path;
  state->files[path] = std::move(*action.add);
  if (state->files.size() > kDeltaFilesMax) return Fail(Error::Invalid(fmt::format("more than {} files", kDeltaFilesMax)));
  return {};
}

// Only files below the table's folder: a log may come from anywhere.
Result<DeltaDataFile> DeltaTable::FileOf(const DeltaAddAction& add) const {
  const auto decoded = Decoded(add.path);
  const auto outside = [&] { return Fail(Named(Error::Invalid(fmt::format("its log names a file that is not in its folder: {}", add.path)))); };
  if (!decoded || decoded->find('\0') != std::string::npos) return outside();
  const fs::path relative = fs::path(*decoded).lexically_normal();
  const bool has_scheme = decoded->find("://") != std::string::npos || decoded->starts_with("file:");
  if (relative.is_absolute() || has_scheme || relative.empty() || *relative.begin() == "..") return outside();
  return DeltaDataFile{(fs::path(folder_) / relative).string(), add.partition, add.records};
}

std::string DeltaFileQuery(const DeltaTableAction& table, const DeltaDataFile& file, const std::vector<std::string>& file_columns, int64_t skip) {
  std::string columns;
  for (const DeltaColumnSpec& column : table.columns) {
    const bool is_partition = std::find(table.partition_columns.begin(), table.partition_columns.end(), column.name) != table.partition_columns.end();
    const bool in_file = std::find(file_columns.begin(), file_columns.end(), column.name) != file_columns.end();
    const std::string name = sql::QuoteIdentifier(column.name);
    if (!columns.empty()) columns += ", ";
    if (is_partition) {
      const auto value = file.partition.find(column.name);
      columns += PartitionLiteral(column, value == file.partition.end() ? std::nullopt : value->second) + " AS " + name;
    } else {
      columns += in_file ? name : "NULL AS " + name;
    }
  }
  return fmt::format("SELECT {} FROM {} OFFSET {}", columns, ParquetRelation(file.path), skip);
}

}  // namespace tailrace
