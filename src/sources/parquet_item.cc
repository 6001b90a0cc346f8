#include <fmt/format.h>

#include "model/record_decoder.h"
#include "sources/file_item.h"
#include "sources/query_rows.h"

namespace tailrace {
namespace {

// Of DuckDB, for one file being read; a row group larger than this is an error that says so.
constexpr size_t kParquetMemoryBytes = 512 << 20;

class ParquetItem final : public FileItem {
 public:
  ParquetItem(std::unique_ptr<InputFile> file, const Schema& schema) : file_(std::move(file)), schema_(schema) {}

  Status Start(const ResumePoint& resume);
  Result<SourceBatch> Next(size_t bytes_max, std::stop_token stop) override;

 private:
  Error Named(const Error& error) const { return error.With(file_->path()); }

  const std::unique_ptr<InputFile> file_;
  const Schema schema_;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  std::optional<QueryRows> query_;
  RowBatch rows_;
  FileHead head_;
  int64_t next_ = 0;   // number of the next row, from 0
  bool done_ = false;
};

Status ParquetItem::Start(const ResumePoint& resume) {
  TR_TRY(head_, FileHead::Of(*file_));
  if (resume.next > 0) {
    std::optional<FileHead> head = FileHead::Parse(resume.detail);
    if (!head)
      return Fail(Error::Corruption(
          fmt::format("{}: the position noted for it cannot be read: {}", file_->path(), resume.detail)));
    TR_RETURN_IF_ERROR(head->Check(*file_));
    head_ = *head;
  }
  sql::DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;   // rows in the order of the file, one block at a time
  options.memory_bytes_max = kParquetMemoryBytes;
  options.lock = false;
  TR_TRY(database_, sql::Database::Open(options));
  TR_TRY(connection_, database_->Connect());
  std::string query =
      fmt::format("SELECT * FROM {} OFFSET {}", ParquetRelation(file_->path()), resume.next);
  Result<QueryRows> rows = QueryRows::Open(*connection_, query, 0, schema_, {});
  if (!rows) return Fail(Named(rows.error()));
  query_.emplace(std::move(*rows));
  next_ = resume.next;
  return {};
}

Result<SourceBatch> ParquetItem::Next(size_t bytes_max, std::stop_token stop) {
  rows_.Clear();
  SourceBatch batch;
  while (!done_ && rows_.text().size() < bytes_max && !stop.stop_requested()) {
    Result<bool> more = query_->Next();
    if (!more) return Fail(Named(more.error()));
    done_ = !*more;
    if (done_) break;
    size_t begin = rows_.text().size();
    query_->AppendJson(&rows_.text());
    rows_.AddMade({}, begin, next_, 0);
    ++next_;
  }
  batch.rows = rows_.Take();
  for (SourceRow& row : batch.rows) row.raw = row.json;
  batch.next = next_;
  batch.detail = head_.Text();
  batch.item_done = done_;
  return batch;
}

}  // namespace

Result<std::unique_ptr<FileItem>> OpenParquetItem(std::unique_ptr<InputFile> file, const Schema& schema,
                                                  const ResumePoint& resume) {
  auto item = std::make_unique<ParquetItem>(std::move(file), schema);
  TR_RETURN_IF_ERROR(item->Start(resume));
  return item;
}

}  // namespace tailrace
