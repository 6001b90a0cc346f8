#include "app/file_export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "base/crash_point.h"
#include "base/file_system.h"
#include "lake/column_type.h"
#include "lake/delta_log.h"
#include "model/json_members.h"
#include "model/json_text.h"
#include "sql/duckdb.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

// Text is written in pieces of this size.
constexpr size_t kPieceBytes = size_t{1} << 20;
// Folders of one export: each keeps a file open.
constexpr size_t kFoldersMax = 1'000;
constexpr std::string_view kTestExportsFolder = "exports";
// Beside the target, until it takes its place.
constexpr std::string_view kBesideSuffix = ".tailrace-export.tmp";
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

Error OfFileSystem(const std::string& path, const std::error_code& error) { return Error::Unavailable(path + ": " + error.message()); }

// A file that is written from its beginning. Threads: one.
class TextFile {
 public:
  static Result<TextFile> Create(const std::string& path) {
    TextFile text;
    TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), ParentPath(path)));
    TR_TRY(text.file_, PosixFileSystem().Open(path, OpenMode::kCreate));
    TR_RETURN_IF_ERROR(text.file_->Truncate(0));
    return text;
  }
  std::string& buffer() { return buffer_; }
  Status WriteWhenFull() { return buffer_.size() < kPieceBytes ? Status() : Write(); }
  Status Finish() {
    TR_RETURN_IF_ERROR(Write());
    return file_->Sync();
  }

 private:
  Status Write() {
    TR_RETURN_IF_ERROR(file_->WriteAt(written_, buffer_));
    written_ += std::ssize(buffer_);
    buffer_.clear();
    return {};
  }

  std::unique_ptr<File> file_;
  std::string buffer_;
  int64_t written_ = 0;
};

// RFC 4180: quoted where it must be; null is nothing, and an empty text is two quotes.
void AppendCsvValue(std::string_view json, std::string* out) {
  if (json == "null") return;
  std::string text(json);
  if (json.starts_with('"')) text = JsonStringValue(json).value_or(std::string(json));
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) {
    *out += text;
    return;
  }
  *out += '"';
  for (const char c : text) *out += c == '"' ? std::string("\"\"") : std::string(1, c);
  *out += '"';
}

std::string FolderValue(std::string_view json) {
  if (json == "null") return std::string(kNullFolder);
  std::string text(json);
  if (json.starts_with('"')) text = JsonStringValue(json).value_or(std::string(json));
  std::string encoded;
  for (const char c : lake::EncodePath(text)) encoded += c == '/' ? std::string("%2F") : std::string(1, c);
  return encoded;
}

// Writes rows as they come, each into the file of its partition.
class TextSink final : public ResultSink {
 public:
  TextSink(const ExportJob& job, std::string path) : job_(job), path_(std::move(path)) {}

  bool Begin(std::span<const ColumnInfo> columns) override {
    for (const std::string& name : job_.partition_by) {
      const auto found = std::find_if(columns.begin(), columns.end(), [&](const ColumnInfo& column) { return column.name == name; });
      if (found == columns.end()) {
        status_ = Fail(Error::Invalid("there is no column \"" + name + "\" to partition by"));
        return false;
      }
      by_.push_back(static_cast<size_t>(found - columns.begin()));
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      if (std::find(by_.begin(), by_.end(), i) != by_.end()) continue;
      kept_.push_back(i);
      names_.push_back(columns[i].name);
    }
    if (by_.empty()) status_ = Open("");
    return status_.has_value();
  }

  bool Row(std::span<const std::string_view> values) override {
    std::string folder;
    for (size_t i = 0; i < by_.size(); ++i) folder += fmt::format("/{}={}", lake::EncodePath(job_.partition_by[i]), FolderValue(values[by_[i]]));
    auto file = files_.find(folder);
    if (file == files_.end()) {
      status_ = Open(folder);
      if (!status_) return false;
      file = files_.find(folder);
    }
    std::string& out = file->second.buffer();
    job_.format == ExportFormat::kCsv ? AppendCsv(values, &out) : AppendJson(values, &out);
    ++rows_;
    status_ = file->second.WriteWhenFull();
    return status_.has_value();
  }

  Result<int64_t> Finish() {
    TR_RETURN_IF_ERROR(status_);
    for (auto& [folder, file] : files_) TR_RETURN_IF_ERROR(file.Finish());
    return rows_;
  }

 private:
  Status Open(const std::string& folder) {
    if (files_.size() == kFoldersMax) return Fail(Error::Invalid(fmt::format("more than {} folders: partition by fewer values", kFoldersMax)));
    const std::string_view ending = job_.format == ExportFormat::kCsv ? "csv" : "jsonl";
    TR_TRY(TextFile file, TextFile::Create(job_.partition_by.empty() ? path_ : fmt::format("{}{}/data_0.{}", path_, folder, ending)));
    if (job_.format == ExportFormat::kCsv) {
      for (size_t i = 0; i < names_.size(); ++i) {
        std::string json;
        AppendJsonString(names_[i], &json);
        if (i > 0) file.buffer() += ',';
        AppendCsvValue(json, &file.buffer());
      }
      file.buffer() += "\r\n";
    }
    files_.emplace(folder, std::move(file));
    return {};
  }

  void AppendCsv(std::span<const std::string_view> values, std::string* out) const {
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (i > 0) *out += ',';
      AppendCsvValue(values[kept_[i]], out);
    }
    *out += "\r\n";
  }

  void AppendJson(std::span<const std::string_view> values, std::string* out) const {
    *out += '{';
    for (size_t i = 0; i < kept_.size(); ++i) {
      if (i > 0) *out += ',';
      AppendJsonString(names_[i], out);
      *out += ':';
      *out += values[kept_[i]];
    }
    *out += "}\n";
  }

  const ExportJob& job_;
  const std::string path_;
  std::vector<size_t> by_;
  std::vector<size_t> kept_;
  std::vector<std::string> names_;
  std::map<std::string, TextFile> files_;
  int64_t rows_ = 0;
  Status status_;
};

// Everything below is on stable storage afterwards.
Status SyncTree(const std::string& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    TR_TRY(const auto file, PosixFileSystem().Open(path, OpenMode::kWrite));
    return file->Sync();
  }
  for (const auto& entry : fs::directory_iterator(path, failed)) TR_RETURN_IF_ERROR(SyncTree(entry.path().string()));
  if (failed) return Fail(OfFileSystem(path, failed));
  return PosixFileSystem().SyncDirectory(path);
}

// Whether it is empty or holds a folder NAME=VALUE, as a partitioned export makes them: of what is anything else nothing is deleted.
bool MayBeReplaced(const std::string& folder) {
  std::error_code failed;
  if (fs::is_empty(folder, failed)) return true;
  for (auto at = fs::directory_iterator(folder, failed); !failed && at != fs::directory_iterator(); at.increment(failed)) {
    if (at->is_directory(failed) && at->path().filename().string().find('=') != std::string::npos) return true;
  }
  return false;
}

bool LiesIn(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

Status CheckTarget(const ExportServices& services, const ExportJob& job) {
  std::error_code failed;
  // Of DATA/lake/staging. What the jobs of a test export is kept in it, where nothing else is.
  const fs::path data = fs::weakly_canonical(fs::path(services.staging).parent_path().parent_path(), failed);
  const fs::path target = fs::weakly_canonical(job.to, failed);
  if (LiesIn(data, target) && !LiesIn(data / kTestExportsFolder, target)) return Fail(Error::Invalid(job.to + " lies in the data folder"));
  const bool is_folder = !job.partition_by.empty();
  if (!fs::exists(job.to, failed)) return {};
  if (fs::is_directory(job.to, failed) != is_folder) {
    return Fail(Error::Invalid(job.to + (is_folder ? " is a file, and a partitioned export makes a folder" : " is a folder, and the export makes a file")));
  }
  if (is_folder && !MayBeReplaced(job.to)) return Fail(Error::Invalid(job.to + " is a folder that no export made: it is not replaced"));
  return {};
}

// `from` takes the place of `to`, which may be there; both are on one file system. What was there is gone.
Status PutInPlace(const std::string& from, const std::string& to) {
  TR_RETURN_IF_ERROR(SyncTree(from));
  std::error_code failed;
  const bool was_there = fs::exists(to, failed);
  const bool is_folder = fs::is_directory(from, failed);
  if (!was_there || !is_folder) {
    TR_RETURN_IF_ERROR(PosixFileSystem().Rename(from, to));
    return PosixFileSystem().SyncDirectory(ParentPath(to));
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0) {
    return Fail(Error::Unavailable(fmt::format("cannot exchange {} and {}: {}", from, to, std::strerror(errno))));
  }
  TR_CRASH_POINT("export.exchanged");
  TR_RETURN_IF_ERROR(PosixFileSystem().SyncDirectory(ParentPath(to)));
  fs::remove_all(from, failed);
  return {};
}

// Beside `to`, so that a rename can put it there.
Status BringBeside(const std::string& staged, const std::string& beside) {
  std::error_code failed;
  fs::remove_all(beside, failed);
  fs::rename(staged, beside, failed);
  if (!failed) return {};
  failed.clear();  // another file system
  fs::copy(staged, beside, fs::copy_options::recursive, failed);
  if (failed) return Fail(OfFileSystem(beside, failed));
  fs::remove_all(staged, failed);
  return {};
}

Result<int64_t> WriteParquet(const ExportServices& services, const ExportJob& job, const std::string& staged, const std::stop_token& stop) {
  FileExportRequest request;
  request.query.sql = job.sql;
  request.query.trusted = job.trusted;
  request.query.now_micros = job.now_micros;
  request.select_list = [&job](std::span<const ColumnInfo> columns) -> Result<std::string> {
    for (const std::string& name : job.partition_by) {
      const bool there = std::any_of(columns.begin(), columns.end(), [&](const ColumnInfo& column) { return column.name == name; });
      if (!there) return Fail(Error::Invalid("there is no column \"" + name + "\" to partition by"));
    }
    return FileTypesOf(columns);
  };
  request.path = staged;
  request.partition_by = job.partition_by;
  if (!job.partition_by.empty()) TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), staged));
  TR_TRY(const FileExportSummary summary, services.exporter.Export(request, stop));
  return summary.rows;
}

Result<int64_t> WriteText(const ExportServices& services, const ExportJob& job, const std::string& staged, const std::stop_token& stop) {
  QueryRequest query;
  query.sql = job.sql;
  query.trusted = job.trusted;
  query.now_micros = job.now_micros;
  if (!job.partition_by.empty()) TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), staged));
  TextSink sink(job, staged);
  TR_TRY(const QuerySummary summary, services.warehouse.Query(query, sink, stop));
  (void)summary;
  return sink.Finish();
}

}  // namespace

std::optional<ExportFormat> ExportFormatOf(std::string_view path) {
  if (path.ends_with(".parquet")) return ExportFormat::kParquet;
  if (path.ends_with(".csv")) return ExportFormat::kCsv;
  if (path.ends_with(".jsonl") || path.ends_with(".ndjson")) return ExportFormat::kJsonl;
  return std::nullopt;
}

Result<std::string> FileTypesOf(std::span<const ColumnInfo> columns) {
  std::string list;
  for (size_t i = 0; i < columns.size(); ++i) {
    TR_TRY(const lake::ColumnType type, lake::ParseColumnType(columns[i].type));
    list += fmt::format("{}CAST(c{} AS {}) AS {}", i == 0 ? "" : ", ", i + 1, lake::FileTypeText(type), sql::QuoteIdentifier(columns[i].name));
  }
  return list;
}

std::string SelectAllOf(std::string_view relation) { return "SELECT * FROM " + sql::QuoteIdentifier(relation); }

Result<int64_t> ExportFiles(const ExportServices& services, const ExportJob& job, const std::stop_token& stop) {
  static std::atomic<int64_t> exports{0};
  TR_RETURN_IF_ERROR(CheckTarget(services, job));
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), services.staging));
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), ParentPath(job.to)));
  const std::string staged = fmt::format("{}/export-{}-{}", services.staging, ::getpid(), exports.fetch_add(1));
  auto rows = job.format == ExportFormat::kParquet ? WriteParquet(services, job, staged, stop) : WriteText(services, job, staged, stop);
  std::error_code ignored;
  if (rows && stop.stop_requested()) rows = Fail(Error::Cancelled("the export was stopped: what was there is still there"));
  if (!rows) {
    fs::remove_all(staged, ignored);
    return rows;
  }
  TR_CRASH_POINT("export.staged");
  const std::string beside = job.to + std::string(kBesideSuffix);
  Status put = BringBeside(staged, beside);
  TR_CRASH_POINT("export.beside");
  if (put) put = PutInPlace(beside, job.to);
  TR_CRASH_POINT("export.placed");
  if (put) return rows;
  fs::remove_all(staged, ignored);
  fs::remove_all(beside, ignored);
  return Fail(put.error());
}

}  // namespace tailrace::app
