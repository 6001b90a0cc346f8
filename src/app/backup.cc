#include "app/backup.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include "app/backup_manifest.h"
#include "app/key_folder.h"
#include "app/lake_parts.h"
#include "app/version.h"
#include "base/crash_point.h"
#include "base/file_system.h"
#include "lake/raw_file.h"
#include "log/file_names.h"
#include "log/synced_file.h"
#include "sqlite/sqlite.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWarehouse = "warehouse.duckdb";
constexpr std::string_view kWarehouseLog = "warehouse.duckdb.wal";
constexpr std::string_view kDocuments = "documents.sqlite";
constexpr std::array<std::string_view, 3> kNumberedSuffixes = {log::kOffsetIndexSuffix, log::kTimeIndexSuffix, log::kSnapshotSuffix};

std::string TimeText(WallTime now) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(now.micros / 1'000'000))); }

// A descriptor of a file that DuckDB has open, kept for good: closing it would let go of the lock that DuckDB holds in this process.
int KeptDescriptor(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, int> kept;
  std::lock_guard lock(mutex);
  struct stat now {};
  struct stat then {};
  const auto found = kept.find(path);
  const bool is_same = found != kept.end() && ::stat(path.c_str(), &now) == 0 && ::fstat(found->second, &then) == 0 && now.st_ino == then.st_ino;
  if (is_same) return found->second;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) kept[path] = descriptor;
  return descriptor;
}

// A partition of a stream, and how much of it is to be copied.
struct PartitionCopy {
  std::string path;                            // below the data folder: log/sales/0
  std::optional<log::SyncedPosition> position;  // nothing has been written to it yet
  bool is_letters = false;
};

class BackupMaker {
 public:
  BackupMaker(const config::Pipeline& pipeline, std::string data, std::string to, const BackupHelp* help)
      : pipeline_(pipeline), data_(std::move(data)), to_(std::move(to)), help_(help) {}

  Result<BackupSummary> Make(Clock& clock);

 private:
  Status PrepareFolder();
  Status CopyPolls();
  Status CopyStores();
  Status CopySqlite(std::string_view name);
  Status CopyLake();
  Status CheckNoGap(const PartitionCopy& partition);
  Status FindPartitions(std::string_view kind, const std::string& stream, int32_t partitions);
  Status ReadPositions(bool letters);
  Status CopyPartition(const PartitionCopy& partition);
  Status CopySegments(const PartitionCopy& partition, const std::vector<std::string>& names);
  Status Copy(const std::string& path, int64_t bytes = -1);
  Status CopyIfThere(const std::string& path);
  Status MakeFolderFor(const std::string& path);
  void Add(BackupFile file, const std::string& path);
  void Forget(const std::string& path);
  std::string Source(std::string_view path) const { return data_ + "/" + std::string(path); }
  std::string Target(std::string_view path) const { return to_ + "/" + std::string(path); }

  const config::Pipeline& pipeline_;
  const std::string data_;
  const std::string to_;
  const BackupHelp* help_;
  std::vector<PartitionCopy> partitions_;
  BackupManifest manifest_;
};

Status BackupMaker::PrepareFolder() {
  std::error_code failed;
  if (fs::exists(to_, failed) && !fs::is_empty(to_, failed)) return Fail(Error::Invalid(to_ + " is not empty"));
  const fs::path data = fs::weakly_canonical(data_, failed);
  const fs::path target = fs::weakly_canonical(to_, failed);
  if (std::mismatch(data.begin(), data.end(), target.begin(), target.end()).first == data.end()) {
    return Fail(Error::Invalid(to_ + " lies in the data folder itself"));
  }
  return MakeDirectories(PosixFileSystem(), to_);
}

void BackupMaker::Add(BackupFile file, const std::string& path) {
  file.path = path;
  manifest_.summary.bytes += file.bytes;
  manifest_.files.push_back(std::move(file));
}

void BackupMaker::Forget(const std::string& path) {
  fs::remove(Target(path));
  std::erase_if(manifest_.files, [&](const BackupFile& file) { return file.path == path; });
}

Status BackupMaker::MakeFolderFor(const std::string& path) { return MakeDirectories(PosixFileSystem(), ParentPath(Target(path))); }

Status BackupMaker::Copy(const std::string& path, int64_t bytes) {
  TR_RETURN_IF_ERROR(MakeFolderFor(path));
  TR_TRY(BackupFile file, CopyChecked(Source(path), Target(path), bytes));
  Add(std::move(file), path);
  TR_CRASH_POINT("backup.copied");
  return {};
}

Status BackupMaker::CopyIfThere(const std::string& path) { return fs::exists(Source(path)) ? Copy(path) : Status(); }

// A consistent image of it, by SQLite itself, whatever others write meanwhile.
Status BackupMaker::CopySqlite(std::string_view name) {
  if (!fs::exists(Source(name))) return {};
  TR_TRY(const auto connection, sqlite::Connection::Open({.path = Source(name), .read_only = true}));
  TR_TRY(auto copy, connection->Prepare("VACUUM INTO ?"));
  const std::string target = Target(name);
  copy.BindText(1, target);
  if (auto copied = copy.Run(); !copied) return Fail(copied.error().With(target));
  TR_TRY(BackupFile file, Checked(target));
  Add(std::move(file), std::string(name));
  return {};
}

Status BackupMaker::CopyStores() {
  if (fs::exists(Source(kWarehouse))) {
    const int descriptor = KeptDescriptor(Source(kWarehouse));
    TR_TRY(BackupFile file, CopyChecked(descriptor, Source(kWarehouse), Target(kWarehouse), -1));
    Add(std::move(file), std::string(kWarehouse));
    TR_RETURN_IF_ERROR(CopyIfThere(std::string(kWarehouseLog)));
  }
  TR_RETURN_IF_ERROR(CopySqlite(kDocuments));
  TR_RETURN_IF_ERROR(CopySqlite(kControlFile));
  // Source positions that came without records: they must not be newer than the records.
  for (const PartitionCopy& partition : partitions_) {
    if (fs::exists(Source(partition.path))) TR_RETURN_IF_ERROR(CopyIfThere(partition.path + "/" + std::string(log::kMarksName)));
  }
  const auto polls_and_positions = [this]() -> Status {
    TR_RETURN_IF_ERROR(CopyPolls());
    return ReadPositions(/*letters=*/false);
  };
  TR_RETURN_IF_ERROR(help_ == nullptr ? polls_and_positions() : help_->while_polls_rest(polls_and_positions));
  // The letters of what is refused beside records that are in the log by now.
  if (help_ != nullptr) TR_RETURN_IF_ERROR(help_->await_letters());
  return ReadPositions(/*letters=*/true);
}

// What says how far the lake is comes before what it speaks of, and what only describes files comes after them.
int LakeOrder(const std::string& path) {
  if (path.find("/_cuts/") != std::string::npos || path.ends_with("/_last_checkpoint")) return 0;
  if (path.find("/_delta_log/") != std::string::npos || path.find("/_tailrace/") != std::string::npos) return 1;
  return path.ends_with("/_manifest.json") ? 3 : 2;
}

// Before the stores and the log, so that the lake knows of nothing that those lack.
Status BackupMaker::CopyLake() {
  const std::string root = Source(kLakeFolder);
  for (int order = 0; order <= 3; ++order) {
    std::vector<std::string> paths;
    std::error_code failed;
    if (!fs::exists(root, failed)) return {};
    for (auto at = fs::recursive_directory_iterator(root, failed); !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
      const std::string path = fs::path(at->path()).lexically_relative(data_).string();
      const bool is_passing = path.ends_with(kTemporarySuffix) || path.starts_with(std::string(kLakeFolder) + "/staging/");
      if (!is_passing && LakeOrder(path) == order && at->is_regular_file(failed)) paths.push_back(path);
    }
    if (failed) return Fail(Error::Unavailable(root + ": " + failed.message()));
    std::sort(paths.begin(), paths.end());
    // A file of a table that an older version needed may be deleted meanwhile.
    for (const std::string& path : paths) TR_RETURN_IF_ERROR(CopyIfThere(path));
  }
  return {};
}

// The log may have let go of records that came into the lake after the lake was copied.
Status BackupMaker::CheckNoGap(const PartitionCopy& partition) {
  if (partition.is_letters || !partition.position) return {};
  const fs::path path(partition.path);
  const std::string stream = path.parent_path().filename().string();
  const PartitionId id{static_cast<int32_t>(std::strtol(path.filename().c_str(), nullptr, 10))};
  int64_t held = 0;
  int64_t begin = INT64_MAX;
  for (const BackupFile& file : manifest_.files) {
    if (file.path.starts_with(partition.path + "/")) {
      if (const auto base = log::NumberOf(fs::path(file.path).filename().string(), log::kSegmentSuffix)) begin = std::min(begin, *base);
    } else if (file.path.starts_with(std::string(kLakeFolder) + "/")) {
      const auto cut = lake::ParseRawObjectName(stream, std::string_view(file.path).substr(kLakeFolder.size() + 1));
      if (cut && cut->partition == id) held = std::max(held, cut->last.value + 1);
    }
  }
  const bool is_kept = std::any_of(pipeline_.lake.streams.begin(), pipeline_.lake.streams.end(), [&](const auto& kept) { return kept.stream == stream; });
  if (!is_kept || begin <= held || begin == 0 || begin == INT64_MAX) return {};
  return Fail(Error::Unavailable("the log of " + stream + " was shortened while it was copied: run the backup again"));
}

Status BackupMaker::FindPartitions(std::string_view kind, const std::string& stream, int32_t partitions) {
  for (int32_t i = 0; i < partitions; ++i) {
    partitions_.push_back({fmt::format("{}/{}/{}", kind, stream, i), std::nullopt, kind == "dlq"});
  }
  return {};
}

Status BackupMaker::ReadPositions(bool letters) {
  for (PartitionCopy& partition : partitions_) {
    if (partition.is_letters != letters || !fs::exists(Source(partition.path))) continue;
    auto position = log::SyncedFile::Read(PosixFileSystem(), Source(partition.path));
    if (!position && position.error().code() == ErrorCode::kNotFound) continue;
    if (!position) return Fail(position.error());
    partition.position = *position;
  }
  return {};
}

// Ascending. A segment that goes while it is copied has been retired, and all before it: none of them is kept.
Status BackupMaker::CopySegments(const PartitionCopy& partition, const std::vector<std::string>& names) {
  std::vector<std::string> copied;
  for (const std::string& name : names) {
    const auto base = log::NumberOf(name, log::kSegmentSuffix);
    if (!base || *base > partition.position->segment) continue;
    const std::string path = partition.path + "/" + name;
    // With the folder's lock held nobody writes: what lies behind the last synced position may be whole, and a start will tell.
    const bool is_growing = *base == partition.position->segment && help_ != nullptr;
    if (auto done = Copy(path, is_growing ? partition.position->bytes : -1); !done && fs::exists(Source(path))) return done;
    copied.push_back(path);
    if (fs::exists(Source(path))) continue;
    for (const std::string& gone : copied) Forget(gone);
    copied.clear();
  }
  return {};
}

Status BackupMaker::CopyPartition(const PartitionCopy& partition) {
  if (!partition.position) return {};
  TR_TRY(const auto names, PosixFileSystem().List(Source(partition.path)));
  TR_RETURN_IF_ERROR(CopySegments(partition, names));
  for (const std::string& name : names) {
    for (const std::string_view suffix : kNumberedSuffixes) {
      const auto base = log::NumberOf(name, suffix);
      if (base && *base <= partition.position->segment) TR_RETURN_IF_ERROR(CopyIfThere(partition.path + "/" + name));
    }
    if (name == log::kFenceName || name.find(log::kQuarantineSuffix) != std::string::npos) {
      TR_RETURN_IF_ERROR(CopyIfThere(partition.path + "/" + name));
    }
  }
  const std::string synced = partition.path + "/" + std::string(log::kSyncedName);
  TR_RETURN_IF_ERROR(MakeFolderFor(synced));
  {
    TR_TRY(const auto file, log::SyncedFile::Open(PosixFileSystem(), Target(partition.path)));
    TR_RETURN_IF_ERROR(file->Record(*partition.position));
    TR_RETURN_IF_ERROR(file->Sync());
  }
  TR_TRY(BackupFile file, Checked(Target(synced)));
  Add(std::move(file), synced);
  return PosixFileSystem().SyncDirectory(Target(partition.path));
}

// Answers that are on their way into the log: of which records are below its positions and which are not is told by answers that are there when the
// positions are read. A due time of which some records are in the log, and no answer is spooled, counts as whole.
Status BackupMaker::CopyPolls() {
  for (const auto& source : pipeline_.sources) {
    const std::string folder = "polls/" + source.name;
    if (!fs::exists(Source(folder))) continue;
    TR_TRY(const auto names, PosixFileSystem().List(Source(folder)));
    for (const std::string& name : names) {
      const std::string path = folder + "/" + name;
      if (!name.ends_with(kTemporarySuffix)) TR_RETURN_IF_ERROR(CopyIfThere(path));
    }
  }
  return {};
}

Result<BackupSummary> BackupMaker::Make(Clock& clock) {
  TR_RETURN_IF_ERROR(PrepareFolder());
  manifest_.summary.made = TimeText(clock.Now());
  manifest_.summary.version = kVersion;
  for (const auto& stream : pipeline_.streams) {
    TR_RETURN_IF_ERROR(FindPartitions("log", stream.name, stream.partitions));
    TR_RETURN_IF_ERROR(FindPartitions("dlq", stream.name, 1));
  }
  TR_RETURN_IF_ERROR(CopyLake());
  TR_RETURN_IF_ERROR(help_ == nullptr ? CopyStores() : help_->while_stores_rest([this] { return CopyStores(); }));
  TR_CRASH_POINT("backup.stores");
  for (const auto& stream : pipeline_.streams) {
    TR_RETURN_IF_ERROR(CopyIfThere(fmt::format("log/{}/{}", stream.name, log::kStreamName)));
    TR_RETURN_IF_ERROR(CopyIfThere(fmt::format("dlq/{}/{}", stream.name, log::kStreamName)));
  }
  std::map<std::string, std::vector<int64_t>> ends;
  for (const PartitionCopy& partition : partitions_) {
    TR_RETURN_IF_ERROR(CopyPartition(partition));
    TR_RETURN_IF_ERROR(CheckNoGap(partition));
    if (!partition.is_letters) ends[ParentPath(partition.path)].push_back(partition.position ? partition.position->end : 0);
  }
  for (const auto& stream : pipeline_.streams) manifest_.summary.streams.push_back({stream.name, ends["log/" + stream.name]});
  TR_RETURN_IF_ERROR(CopyIfThere("FORMAT"));
  manifest_.summary.files = static_cast<int64_t>(manifest_.files.size());
  TR_CRASH_POINT("backup.manifest");
  TR_RETURN_IF_ERROR(WriteManifest(to_, manifest_));
  return manifest_.summary;
}

}  // namespace

Result<BackupSummary> MakeBackup(const config::Pipeline& pipeline, const std::string& data, const std::string& to, const BackupHelp* help,
                                 Clock& clock) {
  return BackupMaker(pipeline, data, to, help).Make(clock);
}

}  // namespace tailrace::app
