#include "lake/delta_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "base/file_system.h"
#include "crypto/digest.h"
#include "crypto/sha256_sum.h"

namespace tailrace::lake {
namespace {

namespace fs = std::filesystem;

// A name of DuckDB's own, for a value that is null.
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";
constexpr size_t kPieceBytes = size_t{1} << 20;

}  // namespace

PartitionValues PartitionOf(const std::string& folder) {
  PartitionValues values;
  for (const fs::path& step : fs::path(folder)) {
    const std::string text = step.string();
    const size_t equals = text.find('=');
    if (equals == std::string::npos) continue;
    const std::string value = DecodePath(std::string_view(text).substr(equals + 1));
    const bool is_null = value == kNullFolder || value.empty();
    values[DecodePath(std::string_view(text).substr(0, equals))] = is_null ? std::nullopt : std::optional(value);
  }
  return values;
}

bool IsDeltaFileOfOurs(std::string_view path) {
  constexpr std::string_view kForm = "part-00000000000000000000-00000.parquet";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.size() == kForm.size() && std::equal(name.begin(), name.end(), kForm.begin(), [](char c, char form) {
           return form == '0' ? c >= '0' && c <= '9' : c == form;
         });
}

Result<std::string> Sha256OfFile(const std::string& path, const std::stop_token& stop) {
  TR_TRY(const auto file, PosixFileSystem().Open(path, OpenMode::kRead));
  crypto::Sha256Sum sum;
  std::string piece(kPieceBytes, '\0');
  for (int64_t at = 0;;) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    TR_TRY(const size_t read, file->ReadAt(at, std::span(piece.data(), piece.size())));
    if (read == 0) return crypto::HexText(sum.Finish());
    sum.Add(std::string_view(piece).substr(0, read));
    at += static_cast<int64_t>(read);
  }
}

Result<std::vector<StagedFile>> StagedFilesIn(const std::string& staging) {
  std::vector<StagedFile> files;
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(staging, failed); !failed && at != fs::recursive_directory_iterator(); at.increment(failed)) {
    if (at->path().extension() != ".parquet") continue;
    const std::string folder = at->path().parent_path().lexically_relative(staging).string();
    files.push_back({at->path().string(), folder == "." ? "" : folder + "/"});
  }
  if (failed) return Fail(Error::Unavailable(staging + ": " + failed.message()));
  std::sort(files.begin(), files.end(), [](const StagedFile& a, const StagedFile& b) { return a.path < b.path; });
  return files;
}

DeltaFiles::DeltaFiles(ObjectStore& objects, ParquetFiles& parquet, Clock& clock, std::string prefix, std::vector<FileColumn> columns, int64_t version,
                       int64_t bytes)
    : objects_(objects),
      parquet_(parquet),
      clock_(clock),
      prefix_(std::move(prefix)),
      columns_(std::move(columns)),
      version_(version),
      bytes_(bytes) {}

Status DeltaFiles::Put(const std::string& path, const std::string& folder) {
  TR_TRY(const FileInfo info, PosixFileSystem().Stat(path));
  if (info.bytes <= bytes_) return PutOne(path, folder);
  const std::string pieces = path + ".pieces";
  TR_TRY(const auto paths, parquet_.Split(path, pieces, bytes_));
  TR_RETURN_IF_ERROR(PosixFileSystem().Remove(path));
  for (const std::string& piece : paths) TR_RETURN_IF_ERROR(PutOne(piece, folder));
  return {};
}

Status DeltaFiles::PutOne(const std::string& path, const std::string& folder) {
  TR_TRY(ParquetSummary summary, parquet_.Summarize(path, columns_));
  TR_TRY(const FileInfo info, PosixFileSystem().Stat(path));
  const std::string name = fmt::format("part-{:020}-{:05}.parquet", version_, added_.size());
  DeltaFile file;
  file.path = EncodePath(folder + name);
  file.partition = PartitionOf(folder);
  file.bytes = info.bytes;
  file.modified_ms = clock_.Now().millis();
  file.records = summary.rows;
  file.stats = std::move(summary.stats);
  TR_TRY(file.sha256, Sha256OfFile(path, {}));
  TR_RETURN_IF_ERROR(objects_.PutFile(prefix_ + folder + name, path));
  added_.push_back(std::move(file));
  return {};
}

}  // namespace tailrace::lake
