#include "sources/delta_source.h"

#include <fmt/format.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/crc32c.h"
#include "ports/row_batch.h"
#include "sources/delta_table.h"
#include "sources/query_rows.h"

namespace tailrace {
namespace {

// Of DuckDB, for a file or checkpoint being read; a row group larger than this is an error that says so.
constexpr size_t kDeltaMemoryBytes = 512 << 20;

// Where reading is: `BASE;VERSION;FILE;ROW;DIGEST`.
struct Cursor {
  int64_t base = -1;     // version at which reading began; -1: it has not
  int64_t version = -1;  // whose files are read; all of them where it is the base
  size_t file = 0;       // among them
  int64_t row = 0;       // next one of the file
  uint32_t digest = 0;   // of the paths of those files

  std::string Text() const { return fmt::format("{};{};{};{};{:08x}", base, version, file, row, digest); }
  static std::optional<Cursor> Parse(const std::string& text);
};

std::optional<Cursor> Cursor::Parse(const std::string& text) {
  Cursor cursor;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto take = [&](auto* number, int base, bool is_last) {
    const auto parsed = std::from_chars(at, end, *number, base);
    const bool ends = is_last ? parsed.ptr == end : parsed.ptr != end && *parsed.ptr == ';';
    if (parsed.ec != std::errc() || !ends) return false;
    at = parsed.ptr + (is_last ? 0 : 1);
    return true;
  };
  constexpr int kTen = 10;
  constexpr int kHex = 16;
  if (take(&cursor.base, kTen, false) && take(&cursor.version, kTen, false) && take(&cursor.file, kTen, false) &&
      take(&cursor.row, kTen, false) && take(&cursor.digest, kHex, true)) {
    return cursor;
  }
  return std::nullopt;
}

class DeltaSource final : public Source {
 public:
  DeltaSource(const DeltaSourceOptions& options, const Schema& schema) : options_(options), schema_(schema) {}

  Status Start();
  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return size_hint_; }

 private:
  Status Begin(const ResumeLookup& resume);
  Status SetFiles(Result<DeltaFiles> files);
  Result<bool> GoOn();  // to the next file or version; false: there is none now
  Status OpenFile();
  Result<SourceBatch> ReadRows(size_t bytes_max, const std::stop_token& stop);
  void Wait(const std::stop_token& stop) const;
  SourceBatch End() const;

  const DeltaSourceOptions options_;
  const Schema schema_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> log_connection_;
  std::unique_ptr<sql::Connection> connection_;
  std::optional<DeltaTable> table_;
  std::string item_;
  DeltaFiles files_;
  Cursor cursor_;
  int64_t next_ = 0;  // rows before the cursor
  std::optional<QueryRows> query_;
  RowBatch rows_;
  bool begun_ = false;
  bool over_ = false;
  int64_t size_hint_ = 0;
};

Status DeltaSource::Start() {
  sql::DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;  // rows in the order of the file
  options.memory_bytes_max = kDeltaMemoryBytes;
  options.lock = false;
  TR_TRY(database_, sql::Database::Open(options));
  TR_TRY(log_connection_, database_->Connect());
  TR_TRY(connection_, database_->Connect());
  table_.emplace(options_.folder, *log_connection_);
  return {};
}

// Sums up what of a version is to be read; the cursor knows by the digest that it is what it was.
Status DeltaSource::SetFiles(Result<DeltaFiles> files) {
  if (!files) return Fail(files.error());
  files_ = std::move(*files);
  uint32_t digest = 0;
  int64_t rows = next_;
  bool known = true;
  for (size_t i = 0; i < files_.files.size(); ++i) {
    digest = Crc32c(files_.files[i].path.substr(options_.folder.size()), digest);
    known = known && files_.files[i].records >= 0;
    if (i >= cursor_.file) rows += files_.files[i].records;
  }
  size_hint_ = known ? rows - cursor_.row : 0;
  const bool resumes = cursor_.digest != 0 || cursor_.file > 0 || cursor_.row > 0;
  if (resumes && (digest != cursor_.digest || cursor_.file > files_.files.size())) {
    return Fail(Error::Conflict(fmt::format("{}: version {} no longer has the files that were read", options_.folder, files_.version)));
  }
  cursor_.digest = digest;
  return {};
}

Status DeltaSource::Begin(const ResumeLookup& resume) {
  TR_TRY(const int64_t newest, table_->NewestVersion());
  TR_TRY(DeltaFiles files, table_->At(newest));
  item_ = "delta " + files.table.id;
  const auto point = resume(item_);
  begun_ = true;
  if (!point || (point->next == 0 && point->held_next == 0)) {
    cursor_.base = cursor_.version = newest;
    return SetFiles(std::move(files));
  }
  const std::string& detail = point->next > 0 ? point->detail : point->held_detail;
  const auto cursor = Cursor::Parse(detail);
  if (!cursor) return Fail(Error::Corruption(options_.folder + ": the position noted for it cannot be read: " + detail));
  cursor_ = *cursor;
  next_ = point->next;
  if (next_ == 0) {
    // From the beginning again, but of the version at which that was: some of the first batch is in the log.
    const bool is_of_base = cursor_.version == cursor_.base;
    cursor_ = Cursor{cursor_.base, cursor_.base, 0, 0, is_of_base ? cursor_.digest : 0};
  }
  if (cursor_.version > newest) return Fail(Error::Conflict(fmt::format("{} has no version {}, which was read before", options_.folder, cursor_.version)));
  if (cursor_.version != cursor_.base) return SetFiles(table_->Added(cursor_.version));
  return SetFiles(table_->At(cursor_.version));
}

Status DeltaSource::OpenFile() {
  const DeltaDataFile& file = files_.files[cursor_.file];
  TR_TRY(const sql::TextResult parts, connection_->Query("DESCRIBE SELECT * FROM " + ParquetRelation(file.path)));
  std::vector<std::string> columns;
  for (const auto& row : parts.rows) columns.push_back(row.front().value_or(""));
  TR_TRY(QueryRows rows, QueryRows::Open(*connection_, DeltaFileQuery(files_.table, file, columns, cursor_.row), 0, schema_, {}));
  query_.emplace(std::move(rows));
  return {};
}

Result<bool> DeltaSource::GoOn() {
  if (cursor_.file < files_.files.size()) {
    if (const Status opened = OpenFile(); !opened) return Fail(opened.error().With(files_.files[cursor_.file].path));
    return true;
  }
  TR_TRY(const int64_t newest, table_->NewestVersion());
  if (cursor_.version >= newest) return false;
  ++cursor_.version;
  cursor_.file = 0;
  cursor_.row = 0;
  cursor_.digest = 0;
  TR_RETURN_IF_ERROR(SetFiles(table_->Added(cursor_.version)));
  return GoOn();
}

Result<SourceBatch> DeltaSource::ReadRows(size_t bytes_max, const std::stop_token& stop) {
  const std::string& path = files_.files[cursor_.file].path;
  rows_.Clear();
  SourceBatch batch;
  bool done = false;
  while (!done && rows_.text().size() < bytes_max && !stop.stop_requested()) {
    const Result<bool> more = query_->Next();
    if (!more) return Fail(more.error().With(path));
    done = !*more;
    if (done) break;
    const size_t begin = rows_.text().size();
    query_->AppendJson(&rows_.text());
    rows_.AddMade({}, begin, next_++, ++cursor_.row);
  }
  if (done) {
    query_.reset();
    ++cursor_.file;
    cursor_.row = 0;
  }
  batch.rows = rows_.Take();
  for (SourceRow& row : batch.rows) row.raw = row.json;
  batch.item = item_;
  batch.item_name = path;
  batch.next = next_;
  batch.detail = cursor_.Text();
  return batch;
}

SourceBatch DeltaSource::End() const {
  SourceBatch end;
  end.item = item_;
  end.item_name = options_.folder;
  end.next = next_;
  end.end = true;
  return end;
}

Result<SourceBatch> DeltaSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  const auto failed = [this](const Error& error) {
    over_ = error.code() != ErrorCode::kUnavailable;
    query_.reset();
    return Fail(error);
  };
  if (over_) return End();
  while (!stop.stop_requested()) {
    if (!begun_) {
      if (const Status begun = Begin(resume); !begun) return failed(begun.error());
    }
    if (!query_) {
      const auto goes_on = GoOn();
      if (!goes_on) return failed(goes_on.error());
      if (!*goes_on && !options_.watch) return End();
      if (!*goes_on) {
        Wait(stop);
        continue;
      }
    }
    auto batch = ReadRows(bytes_max, stop);
    if (!batch) return failed(batch.error());
    if (!batch->rows.empty()) return batch;
  }
  return SourceBatch{};
}

void DeltaSource::Wait(const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, options_.poll, [] { return false; });
}

}  // namespace

Result<std::unique_ptr<Source>> MakeDeltaSource(const DeltaSourceOptions& options, const Schema& schema) {
  auto source = std::make_unique<DeltaSource>(options, schema);
  TR_RETURN_IF_ERROR(source->Start());
  return source;
}

}  // namespace tailrace
