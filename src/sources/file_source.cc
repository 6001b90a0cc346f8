#include "sources/file_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "model/json_text.h"
#include "model/record_decoder.h"
#include "sources/byte_stream.h"
#include "sources/file_item.h"
#include "sources/folders.h"
#include "sources/input_file.h"

namespace tailrace {
namespace {

// Looking takes at most this part of the time.
constexpr int kPollShare = 100;

class FileSource final : public Source {
 public:
  FileSource(const FileSourceOptions& options, const Schema& schema) : options_(options), schema_(schema) {}

  Status Start();
  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return size_hint_; }

 private:
  // What is known of a file that was seen.
  struct Seen {
    int64_t bytes = -1;   // its size when it was last read to its end; -1: it was not yet
    bool failed = false;  // it was told to be broken, and is left alone
    ResumePoint left;
    bool has_left = false;
    int64_t round = 0;  // of looking, in which it was last there
  };

  Result<bool> OpenNext(const ResumeLookup& resume);
  Result<bool> OpenPath(const std::string& path, const ResumeLookup& resume);
  Result<std::unique_ptr<FileItem>> OpenItem(std::unique_ptr<InputFile> file, const ResumePoint& resume) const;
  std::unique_ptr<RowFormat> MakeFormat() const;
  Status Rescan();
  void Wait(const std::stop_token& stop);
  Status CloseItem(const SourceBatch& batch);
  void SetFolders(const std::string& path);
  void AddFolderFields(std::vector<SourceRow>* rows);
  void ForgetMissing();

  const FileSourceOptions options_;
  const Schema schema_;
  int64_t size_hint_ = 0;
  std::map<std::string, Seen> seen_;  // by identity
  std::vector<std::string> paths_;    // still to be looked at in this round
  size_t next_path_ = 0;
  int64_t round_ = 0;
  std::chrono::steady_clock::duration scan_time_{};

  Schema file_schema_;        // without the fields that its folders give
  std::string folder_json_;   // `{"dt":"2020-01-01"`; empty where there are none
  std::string with_folders_;  // the rows of the batch in hand with those

  std::unique_ptr<FileItem> item_;
  std::string identity_;
  std::string path_;
  int64_t opened_bytes_ = 0;  // size when the item was opened
};

Status FileSource::Start() {
  if (options_.format == SourceFormat::kXml && options_.records.empty())
    return Fail(Error::Invalid(options_.path + ": XML is read with `records`, the way to the elements that are records, such as /catalog/book"));
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
    if (!folder_json_.empty()) AddFolderFields(&batch->rows);
    if (!batch->rows.empty()) return batch;
    if (batch->item_done) TR_RETURN_IF_ERROR(CloseItem(*batch));
  }
  return SourceBatch{};
}

// Each row is written anew with the fields of its folders before its own.
void FileSource::AddFolderFields(std::vector<SourceRow>* rows) {
  std::vector<std::pair<size_t, size_t>> spans;
  with_folders_.clear();
  for (const SourceRow& row : *rows) {
    size_t open = row.json.find('{');
    size_t begin = with_folders_.size();
    if (open != std::string_view::npos) {
      std::string_view rest = row.json.substr(open + 1);
      size_t first = rest.find_first_not_of(" \t\r\n");
      with_folders_ += folder_json_;
      if (first != std::string_view::npos && rest[first] != '}') with_folders_ += ',';
      with_folders_ += rest;
    }
    spans.emplace_back(begin, with_folders_.size() - begin);
  }
  with_folders_.append(RecordDecoder::kPadding, '\0');
  for (size_t i = 0; i < rows->size(); ++i) {
    // What is no object is left for the decoder to refuse.
    if (spans[i].second > 0) (*rows)[i].json = std::string_view(with_folders_).substr(spans[i].first, spans[i].second);
  }
}

// What the folders of the path say, as the beginning of an object; and the fields that the file itself still owes.
void FileSource::SetFolders(const std::string& path) {
  folder_json_.clear();
  file_schema_ = schema_;
  if (!options_.partitions) return;
  for (const FolderField& field : FolderFields(path)) {
    folder_json_ += folder_json_.empty() ? "{" : ",";
    AppendJsonString(field.name, &folder_json_);
    folder_json_ += ':';
    if (field.value)
      AppendJsonString(*field.value, &folder_json_);
    else
      folder_json_ += "null";
    std::erase_if(file_schema_.fields, [&](const Field& one) { return one.name == field.name; });
  }
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
  SetFolders(path);
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
  if (options_.format == SourceFormat::kParquet) return OpenParquetItem(std::move(file), file_schema_, resume);
  const bool follow = options_.watch && CompressionOf(file->path()) == Compression::kNone;
  if (options_.format == SourceFormat::kXml)
    return OpenXmlItem(std::move(file), file_schema_, {options_.records, options_.row_bytes_max, follow}, resume);
  TextItemOptions text;
  text.row_bytes_max = options_.row_bytes_max;
  text.follow = follow;
  return OpenTextItem(std::move(file), MakeFormat(), text, resume);
}

std::unique_ptr<RowFormat> FileSource::MakeFormat() const {
  switch (options_.format) {
    case SourceFormat::kCsv:
      // With fields of folders the record is more than the row.
      return MakeCsvFormat(file_schema_, folder_json_.empty() ? options_.key : std::nullopt, options_.latin1, options_.row_bytes_max);
    case SourceFormat::kJson:
      if (!options_.records.empty()) return MakeJsonRecordsFormat(options_.records, options_.row_bytes_max);
      return MakeJsonFormat(options_.latin1, options_.row_bytes_max);
    case SourceFormat::kJsonLines:
    case SourceFormat::kParquet:
    case SourceFormat::kXml:
      break;  // no lines of text
  }
  return MakeJsonLinesFormat(options_.latin1, options_.row_bytes_max, options_.records);
}

void FileSource::Wait(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  auto pause = std::max<std::chrono::steady_clock::duration>(options_.poll, scan_time_ * kPollShare);
  never.wait_for(lock, stop, pause, [] { return false; });
}

}  // namespace

bool IsXmlPath(std::string_view path) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (path.ends_with(packed)) path.remove_suffix(packed.size());
  }
  constexpr std::string_view kEnding = ".xml";
  if (path.size() < kEnding.size()) return false;
  path.remove_prefix(path.size() - kEnding.size());
  return std::equal(path.begin(), path.end(), kEnding.begin(), [](char a, char b) { return (a | 0x20) == b || a == b; });
}

Result<std::unique_ptr<Source>> MakeFileSource(const FileSourceOptions& options, const Schema& schema) {
  auto source = std::make_unique<FileSource>(options, schema);
  TR_RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace tailrace
