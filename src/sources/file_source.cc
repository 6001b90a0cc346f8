#include "sources/file_source.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "sources/byte_stream.h"
#include "sources/file_item.h"
#include "sources/input_file.h"

namespace tailrace {
namespace {

// Looking takes at most this part of the time.
constexpr int kPollShare = 100;

// The plain names in order. kUnavailable when a folder cannot be read.
Result<std::vector<std::string>> MatchingPaths(const std::string& pattern) {
  glob_t found{};
  int outcome = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths;
  if (outcome == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome != 0 && outcome != GLOB_NOMATCH)
    return Fail(Error::Unavailable(pattern + ": a folder of it cannot be read"));
  std::sort(paths.begin(), paths.end());
  return paths;
}

class FileSource final : public Source {
 public:
  FileSource(const FileSourceOptions& options, const Schema& schema) : options_(options), schema_(schema) {}

  Status Start();
  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return size_hint_; }

 private:
  // What is known of a file that was seen.
  struct Seen {
    int64_t bytes = -1;    // its size when it was last read to its end; -1: it was not yet
    bool failed = false;   // it was told to be broken, and is left alone
    ResumePoint left;
    bool has_left = false;
    int64_t round = 0;     // of looking, in which it was last there
  };

  Result<bool> OpenNext(const ResumeLookup& resume);
  Result<bool> OpenPath(const std::string& path, const ResumeLookup& resume);
  Result<std::unique_ptr<FileItem>> OpenItem(std::unique_ptr<InputFile> file, const ResumePoint& resume) const;
  std::unique_ptr<RowFormat> MakeFormat() const;
  Status Rescan();
  void Wait(const std::stop_token& stop);
  Status CloseItem(const SourceBatch& batch);
  void ForgetMissing();

  const FileSourceOptions options_;
  const Schema schema_;
  int64_t size_hint_ = 0;
  std::map<std::string, Seen> seen_;      // by identity
  std::vector<std::string> paths_;        // still to be looked at in this round
  size_t next_path_ = 0;
  int64_t round_ = 0;
  std::chrono::steady_clock::duration scan_time_{};

  std::unique_ptr<FileItem> item_;
  std::string identity_;
  std::string path_;
  int64_t opened_bytes_ = 0;              // size when the item was opened
};

Status FileSource::Start() {
  TR_RETURN_IF_ERROR(Rescan());
  if (paths_.empty() && !options_.watch) return Fail(Error::NotFound("no file matches " + options_.path));
  for (const std::string& path : paths_) {
    TR_TRY(std::optional<InputFileState> state, StatInputFile(path));
    if (state) size_hint_ += state->bytes;
    // Packed sizes say nothing about the bytes of rows, nor do those of Parquet about row numbers.
    if (CompressionOf(path) != Compression::kNone || options_.format == SourceFormat::kParquet) {
      size_hint_ = 0;
      break;
    }
  }
  return {};
}

Status FileSource::Rescan() {
  auto begin = std::chrono::steady_clock::now();
  TR_TRY(paths_, MatchingPaths(options_.path));
  next_path_ = 0;
  scan_time_ = std::chrono::steady_clock::now() - begin;
  return {};
}

Result<SourceBatch> FileSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!item_) {
      TR_TRY(bool opened, OpenNext(resume));
      if (!opened && !options_.watch) {
        SourceBatch end;
        end.end = true;
        return end;
      }
      if (!opened) {
        Wait(stop);
        TR_RETURN_IF_ERROR(Rescan());
        continue;
      }
    }
    Result<SourceBatch> batch = item_->Next(bytes_max, stop);
    if (!batch) {
      seen_[identity_].failed = batch.error().code() != ErrorCode::kUnavailable;
      item_.reset();
      return Fail(batch.error());
    }
    batch->item = identity_;
    batch->item_name = path_;
    if (!batch->rows.empty()) return batch;
    if (batch->item_done) TR_RETURN_IF_ERROR(CloseItem(*batch));
  }
  return SourceBatch{};
}

Status FileSource::CloseItem(const SourceBatch& batch) {
  Seen& seen = seen_[identity_];
  TR_TRY(std::optional<InputFileState> now, StatInputFile(path_));
  if (now && now->identity == identity_ && now->bytes < opened_bytes_) {
    seen.failed = true;
    item_.reset();
    return Fail(Error::Conflict(path_ + " was cut while it was read"));
  }
  seen.bytes = opened_bytes_;
  seen.left = {batch.next, batch.detail};
  seen.has_left = true;
  item_.reset();
  return {};
}

// Positions of files that are gone are in the log, should they come back.
void FileSource::ForgetMissing() {
  std::erase_if(seen_, [this](const auto& entry) { return entry.second.round != round_; });
  ++round_;
}

// Opens the next file of the round that has something to read; false when there is none.
Result<bool> FileSource::OpenNext(const ResumeLookup& resume) {
  auto begin = std::chrono::steady_clock::now();
  while (next_path_ < paths_.size()) {
    TR_TRY(bool opened, OpenPath(paths_[next_path_++], resume));
    if (opened) return true;
  }
  scan_time_ += std::chrono::steady_clock::now() - begin;
  ForgetMissing();
  return false;
}

Result<bool> FileSource::OpenPath(const std::string& path, const ResumeLookup& resume) {
  TR_TRY(std::optional<InputFileState> found, StatInputFile(path));
  if (!found) return false;
  auto known = seen_.find(found->identity);
  if (known != seen_.end()) known->second.round = round_;
  bool has_news = known == seen_.end() || (!known->second.failed && known->second.bytes != found->bytes);
  if (!has_news) return false;

  Result<std::unique_ptr<InputFile>> opened = InputFile::Open(path);
  if (!opened && opened.error().code() == ErrorCode::kNotFound) return false;
  TR_TRY(std::unique_ptr<InputFile> file, std::move(opened));
  TR_TRY(InputFileState state, file->State());
  Seen& seen = seen_[state.identity];
  seen.round = round_;
  // Asked each time, so that whoever keeps the positions knows which item comes.
  std::optional<ResumePoint> point = resume(state.identity);
  if (seen.has_left) point = seen.left;
  Result<std::unique_ptr<FileItem>> item = OpenItem(std::move(file), point.value_or(ResumePoint{}));
  if (!item) {
    seen.failed = item.error().code() != ErrorCode::kUnavailable;
    return Fail(item.error());
  }
  item_ = std::move(*item);
  identity_ = state.identity;
  path_ = path;
  opened_bytes_ = state.bytes;
  return true;
}

Result<std::unique_ptr<FileItem>> FileSource::OpenItem(std::unique_ptr<InputFile> file,
                                                       const ResumePoint& resume) const {
  if (options_.format == SourceFormat::kParquet) return OpenParquetItem(std::move(file), schema_, resume);
  TextItemOptions text;
  text.row_bytes_max = options_.row_bytes_max;
  text.follow = options_.watch && CompressionOf(file->path()) == Compression::kNone;
  return OpenTextItem(std::move(file), MakeFormat(), text, resume);
}

std::unique_ptr<RowFormat> FileSource::MakeFormat() const {
  switch (options_.format) {
    case SourceFormat::kCsv: return MakeCsvFormat(schema_, options_.latin1, options_.row_bytes_max);
    case SourceFormat::kJson: return MakeJsonFormat(options_.latin1, options_.row_bytes_max);
    case SourceFormat::kJsonLines:
    case SourceFormat::kParquet: break;
  }
  return MakeJsonLinesFormat(options_.latin1, options_.row_bytes_max);
}

void FileSource::Wait(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  auto pause = std::max<std::chrono::steady_clock::duration>(options_.poll, scan_time_ * kPollShare);
  never.wait_for(lock, stop, pause, [] { return false; });
}

}  // namespace

Result<std::unique_ptr<Source>> MakeFileSource(const FileSourceOptions& options, const Schema& schema) {
  auto source = std::make_unique<FileSource>(options, schema);
  TR_RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace tailrace
