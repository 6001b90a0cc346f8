#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include "model/record_decoder.h"
#include "sources/byte_stream.h"
#include "sources/file_item.h"

namespace tailrace {
namespace {

// Read at once, at least.
constexpr size_t kBlockBytesMin = 64 << 10;

// What goes with a position: `LINES;HEAD;STATE`.
struct Detail {
  int64_t lines = 0;
  std::optional<FileHead> head;
  std::string state;

  std::string Text() const { return fmt::format("{};{};{}", lines, head ? head->Text() : "", state); }

  static std::optional<Detail> Parse(const std::string& text) {
    Detail detail;
    size_t first = text.find(';');
    size_t second = first == std::string::npos ? first : text.find(';', first + 1);
    if (second == std::string::npos) return std::nullopt;
    auto number = std::from_chars(text.data(), text.data() + first, detail.lines);
    if (number.ec != std::errc() || number.ptr != text.data() + first) return std::nullopt;
    detail.head = FileHead::Parse(text.substr(first + 1, second - first - 1));
    detail.state = text.substr(second + 1);
    if (!detail.head) return std::nullopt;
    return detail;
  }
};

// Text of the file from a place on, read in blocks; what was not used moves to the front of the next one.
class Window {
 public:
  explicit Window(ByteStream& stream) : stream_(stream) {}

  std::string_view text() const { return {buffer_.data() + begin_, end_ - begin_}; }
  bool at_end() const { return at_end_; }
  void Use(size_t bytes) { begin_ += bytes; }
  void Drop() { begin_ = end_ = 0; }

  // Moves what is left to the front and reads until it is `bytes` long, or to the end.
  Status Fill(size_t bytes) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() < bytes + RecordDecoder::kPadding) buffer_.resize(bytes + RecordDecoder::kPadding);
    at_end_ = false;
    while (end_ < bytes && !at_end_) {
      TR_TRY(size_t read, stream_.Read(buffer_.data() + end_, bytes - end_));
      end_ += read;
      at_end_ = read == 0;
    }
    // Padding must be readable; what it holds does not matter, but the same bytes always give the same answer.
    std::memset(buffer_.data() + end_, 0, RecordDecoder::kPadding);
    return {};
  }

 private:
  ByteStream& stream_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;
};

class TextItem final : public FileItem {
 public:
  TextItem(std::unique_ptr<InputFile> file, std::unique_ptr<RowFormat> format, const TextItemOptions& options)
      : file_(std::move(file)),
        stream_(OpenByteStream(*file_, CompressionOf(file_->path()))),
        format_(std::move(format)),
        options_(options),
        window_(*stream_) {}

  Status Start(const ResumePoint& resume);
  Result<SourceBatch> Next(size_t bytes_max, std::stop_token stop) override;

 private:
  // False when the file is too short for what stands before its rows.
  Result<bool> ReadPreamble();
  Status SkipTo(int64_t place);
  Status SkipLongLine();
  void Use(size_t bytes) {
    window_.Use(bytes);
    place_ += static_cast<int64_t>(bytes);
  }
  Error Named(const Error& error) const { return error.With(file_->path()); }
  TextBlock Block() const { return {window_.text(), window_.at_end() && !options_.follow, place_}; }

  const std::unique_ptr<InputFile> file_;
  const std::unique_ptr<ByteStream> stream_;
  const std::unique_ptr<RowFormat> format_;
  const TextItemOptions options_;
  Window window_;
  RowBatch rows_;
  std::string long_line_;     // its beginning, which the batch in hand shows
  FileHead head_;
  int64_t place_ = 0;         // of the window's text
  bool has_preamble_ = false;
  bool skipping_ = false;     // the rest of a line that is too long
};

Status TextItem::Start(const ResumePoint& resume) {
  TR_TRY(head_, FileHead::Of(*file_));
  if (resume.next == 0) return {};
  std::optional<Detail> detail = Detail::Parse(resume.detail);
  if (!detail)
    return Fail(Error::Corruption(
        fmt::format("{}: the position noted for it cannot be read: {}", file_->path(), resume.detail)));
  TR_RETURN_IF_ERROR(detail->head->Check(*file_));
  head_ = *detail->head;
  TR_TRY(bool found, ReadPreamble());
  if (found) {
    TR_RETURN_IF_ERROR(SkipTo(resume.next));
    format_->Resume(detail->lines, detail->state);
  }
  if (place_ == resume.next) return {};
  return Fail(Error::Conflict(
      fmt::format("{} was cut: it was read to byte {}, and now ends before. Put changed content into a new file",
                  file_->path(), resume.next)));
}

Result<bool> TextItem::ReadPreamble() {
  size_t wanted = kBlockBytesMin;
  while (true) {
    TR_RETURN_IF_ERROR(window_.Fill(wanted));
    Result<std::optional<size_t>> used = format_->ReadPreamble(Block());
    if (!used) return Fail(Named(used.error()));
    if (*used) {
      Use(**used);
      has_preamble_ = true;
      return true;
    }
    if (window_.at_end()) return false;
    if (wanted > options_.row_bytes_max)
      return Fail(Error::Invalid(file_->path() + ": its first line is longer than a row may be"));
    wanted *= 2;
  }
}

Status TextItem::SkipTo(int64_t place) {
  if (place < place_) return {};
  size_t buffered = static_cast<size_t>(std::min<int64_t>(place - place_, static_cast<int64_t>(window_.text().size())));
  Use(buffered);
  if (place_ == place) return {};
  window_.Drop();
  TR_TRY(int64_t skipped, stream_->Skip(place - place_));
  place_ += skipped;
  return {};
}

Result<SourceBatch> TextItem::Next(size_t bytes_max, std::stop_token stop) {
  rows_.Clear();
  SourceBatch batch;
  if (!has_preamble_) {
    TR_TRY(bool found, ReadPreamble());
    batch.item_done = !found;
  }
  if (skipping_) TR_RETURN_IF_ERROR(SkipLongLine());
  size_t wanted = std::max(bytes_max, kBlockBytesMin);
  while (has_preamble_ && !skipping_ && rows_.empty() && !stop.stop_requested()) {
    TR_RETURN_IF_ERROR(window_.Fill(wanted));
    Result<BlockUse> use = format_->ReadRows(Block(), &rows_);
    if (!use) return Fail(Named(use.error()));
    Use(use->bytes);
    skipping_ = use->long_line;
    if (window_.at_end()) {
      // Where text is left behind rows, the next call says whether it is broken or still being written.
      batch.item_done = rows_.empty() || window_.text().empty();
      break;
    }
    if (use->bytes == 0) wanted *= 2;
  }
  batch.rows = rows_.Take();
  if (skipping_ && !batch.rows.empty()) {
    long_line_ = batch.rows.back().raw;
    batch.rows.back().raw = long_line_;
    TR_RETURN_IF_ERROR(SkipLongLine());
  }
  batch.next = place_;
  batch.detail = Detail{format_->lines(), head_, format_->State()}.Text();
  return batch;
}

// Steps over the rest of a line; skipping_ stays when the file ends in it.
Status TextItem::SkipLongLine() {
  while (true) {
    size_t line_end = window_.text().find('\n');
    skipping_ = line_end == std::string_view::npos;
    Use(skipping_ ? window_.text().size() : line_end + 1);
    if (!skipping_ || window_.at_end()) break;
    TR_RETURN_IF_ERROR(window_.Fill(kBlockBytesMin));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<FileItem>> OpenTextItem(std::unique_ptr<InputFile> file, std::unique_ptr<RowFormat> format,
                                               const TextItemOptions& options, const ResumePoint& resume) {
  auto item = std::make_unique<TextItem>(std::move(file), std::move(format), options);
  TR_RETURN_IF_ERROR(item->Start(resume));
  return item;
}

}  // namespace tailrace
