#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sources/byte_stream.h"
#include "sources/file_item.h"
#include "sources/xml_reader.h"

namespace tailrace {
namespace {

constexpr size_t kReadBytes = 64 << 10;

// A document cannot be gone on with in its middle: it is parsed from its beginning, and the records that were read are stepped over.
class XmlItem final : public FileItem {
 public:
  XmlItem(std::unique_ptr<InputFile> file, const Schema& schema, const XmlItemOptions& options)
      : file_(std::move(file)), schema_(schema), options_(options), stream_(OpenByteStream(*file_, CompressionOf(file_->path()))) {}

  Status Start(const ResumePoint& resume);
  Result<SourceBatch> Next(size_t bytes_max, std::stop_token stop) override;

 private:
  Status ReadSome();

  const std::unique_ptr<InputFile> file_;
  const Schema schema_;
  const XmlItemOptions options_;
  const std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<XmlReader> reader_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  XmlRows rows_;
  FileHead head_;
  int64_t from_ = 0;
  bool done_ = false;
  Status broken_;  // told once the rows before it are out
};

Status XmlItem::Start(const ResumePoint& resume) {
  TR_TRY(head_, FileHead::Of(*file_));
  from_ = resume.next;
  if (from_ > 0) {
    const auto head = FileHead::Parse(resume.detail);
    if (!head) return Fail(Error::Corruption(fmt::format("{}: the position noted for it cannot be read: {}", file_->path(), resume.detail)));
    TR_RETURN_IF_ERROR(head->Check(*file_));
    head_ = *head;
  }
  reader_ = std::make_unique<XmlReader>(options_.records, schema_, options_.row_bytes_max, from_);
  return {};
}

Status XmlItem::ReadSome() {
  TR_TRY(const size_t read, stream_->Read(buffer_.data(), buffer_.size()));
  done_ = read < buffer_.size();
  // What is still being written has no end yet.
  const bool final = done_ && !options_.follow;
  if (read == 0 && !final) return {};
  return reader_->Feed({buffer_.data(), read}, final, &rows_);
}

Result<SourceBatch> XmlItem::Next(size_t bytes_max, std::stop_token stop) {
  if (!broken_) return Fail(broken_.error().With(file_->path()));
  rows_.Clear();
  while (!done_ && broken_ && rows_.bytes() < bytes_max && !stop.stop_requested()) {
    broken_ = ReadSome();
    if (!broken_ && broken_.error().code() != ErrorCode::kInvalid) return Fail(broken_.error());
  }
  SourceBatch batch;
  batch.rows = rows_.Take();
  if (!broken_ && batch.rows.empty()) return Fail(broken_.error().With(file_->path()));
  batch.next = std::max(from_, reader_->next());
  batch.detail = head_.Text();
  batch.item_done = done_ && broken_.has_value();
  return batch;
}

}  // namespace

Result<std::unique_ptr<FileItem>> OpenXmlItem(std::unique_ptr<InputFile> file, const Schema& schema, const XmlItemOptions& options,
                                              const ResumePoint& resume) {
  auto item = std::make_unique<XmlItem>(std::move(file), schema, options);
  TR_RETURN_IF_ERROR(item->Start(resume));
  return item;
}

}  // namespace tailrace
