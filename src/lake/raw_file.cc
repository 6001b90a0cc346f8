#include "lake/raw_file.h"

#include <fmt/format.h>
#include <zstd.h>

#include <charconv>
#include <utility>

#include "base/check.h"
#include "model/times.h"

namespace tailrace::lake {
namespace {

constexpr int kCompressionLevel = 3;
// Lines are packed in pieces of this size. Part of the format: other pieces may give other bytes.
constexpr size_t kPieceBytes = size_t{128} << 10;
constexpr size_t kUnpackedStep = size_t{256} << 10;
// A line of more bytes was not written by us: a record of the log has at most kRequestBytesMax, twice that in hexadecimal digits.
constexpr size_t kLineBytesMax = size_t{1} << 30;
constexpr std::string_view kSuffix = ".jsonl.zst";
constexpr int64_t kHoursPerDay = 24;

// Takes a name apart, from its beginning; once a part is not what it should be, none is.
class NameParser {
 public:
  explicit NameParser(std::string_view rest) : rest_(rest) {}

  void Text(std::string_view expected) {
    ok_ = ok_ && rest_.starts_with(expected);
    if (ok_) rest_.remove_prefix(expected.size());
  }
  // A number of as many digits as there are.
  int64_t Number() {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    ok_ = ok_ && error == std::errc() && number >= 0;
    if (ok_) rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return ok_ ? number : 0;
  }
  bool Ended() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string HourFolder(std::string_view stream, int64_t hour) {
  const CivilDate date = CivilFromDays(static_cast<int32_t>(hour / kHoursPerDay));
  return fmt::format("{}{}/{:04}/{:02}/{:02}/{:02}/", kRawFolder, stream, date.year, date.month, date.day, hour % kHoursPerDay);
}

std::string RawObjectName(std::string_view stream, const RawCut& cut) {
  return fmt::format("{}{}-{}-{:020}-{:020}{}", HourFolder(stream, cut.hour), stream, cut.partition.value, cut.first.value, cut.last.value,
                     kSuffix);
}

std::optional<RawCut> ParseRawObjectName(std::string_view stream, std::string_view object) {
  NameParser name(object);
  name.Text(kRawFolder);
  name.Text(stream);
  name.Text("/");
  const int64_t year = name.Number();
  name.Text("/");
  const int64_t month = name.Number();
  name.Text("/");
  const int64_t day = name.Number();
  name.Text("/");
  const int64_t hour = name.Number();
  name.Text("/");
  name.Text(stream);
  name.Text("-");
  RawCut cut;
  cut.partition = PartitionId{static_cast<int32_t>(name.Number())};
  name.Text("-");
  cut.first = Offset{name.Number()};
  name.Text("-");
  cut.last = Offset{name.Number()};
  name.Text(kSuffix);
  if (!name.Ended() || cut.last < cut.first) return std::nullopt;
  const auto days = DaysFromCivil(static_cast<int>(year), static_cast<int>(month), static_cast<int>(day));
  cut.hour = int64_t{days.value_or(0)} * kHoursPerDay + hour;
  // One spelling only: a name with other digits is not ours.
  return RawObjectName(stream, cut) == object ? std::optional(cut) : std::nullopt;
}

struct RawFileBuilder::Packer {
  Packer() : context(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    TR_CHECK(context != nullptr);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kCompressionLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  }

  Status Pack(std::string_view text, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    while (true) {
      const size_t filled = packed.size();
      packed.resize(filled + ZSTD_CStreamOutSize());
      ZSTD_outBuffer out{packed.data() + filled, packed.size() - filled, 0};
      const size_t left = ZSTD_compressStream2(context.get(), &out, &in, directive);
      packed.resize(filled + out.pos);
      if (ZSTD_isError(left)) return Fail(Error::Internal(std::string("zstd: ") + ZSTD_getErrorName(left)));
      const bool done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
      if (done) return {};
    }
  }

  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context;
  std::string packed;
};

RawFileBuilder::RawFileBuilder() : packer_(std::make_unique<Packer>()) {}
RawFileBuilder::~RawFileBuilder() = default;

Status RawFileBuilder::Add(const LogRecord& record, int64_t timestamp_ms) {
  AppendRawLine(record, timestamp_ms, &lines_);
  ++records_;
  if (lines_.size() < kPieceBytes) return {};
  TR_RETURN_IF_ERROR(packer_->Pack(lines_, ZSTD_e_continue));
  lines_.clear();
  return {};
}

Result<std::string> RawFileBuilder::Finish() {
  TR_RETURN_IF_ERROR(packer_->Pack(lines_, ZSTD_e_end));
  return std::move(packer_->packed);
}

struct RawFileReader::Unpacker {
  Unpacker() : context(ZSTD_createDStream(), &ZSTD_freeDStream) { TR_CHECK(context != nullptr); }
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> context;
  size_t read = 0;       // of the file
  bool is_whole = false;  // the frame has ended
};

RawFileReader::RawFileReader(std::string bytes, std::string name)
    : bytes_(std::move(bytes)), name_(std::move(name)), unpacker_(std::make_unique<Unpacker>()) {}
RawFileReader::~RawFileReader() = default;

Error RawFileReader::Damaged(std::string_view why) const { return Error::Corruption(fmt::format("{}: {}", name_, why)); }

// More text, unless the file has ended.
Result<bool> RawFileReader::Fill() {
  if (unpacker_->read == bytes_.size() && unpacker_->is_whole) return false;
  text_.erase(0, std::exchange(at_, 0));
  if (text_.size() > kLineBytesMax) return Fail(Damaged("a line does not end"));
  const size_t filled = text_.size();
  text_.resize(filled + kUnpackedStep);
  ZSTD_inBuffer in{bytes_.data(), bytes_.size(), unpacker_->read};
  ZSTD_outBuffer out{text_.data() + filled, kUnpackedStep, 0};
  const size_t left = ZSTD_decompressStream(unpacker_->context.get(), &out, &in);
  text_.resize(filled + out.pos);
  if (ZSTD_isError(left)) return Fail(Damaged(ZSTD_getErrorName(left)));
  if (out.pos == 0 && in.pos == unpacker_->read) return Fail(Damaged("it is cut short"));
  unpacker_->is_whole = left == 0;
  unpacker_->read = in.pos;
  return true;
}

Result<std::optional<RawLine>> RawFileReader::Next() {
  size_t searched = at_;
  while (true) {
    const size_t end = text_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = ParseRawLine(std::string_view(text_).substr(at_, end - at_));
      if (!line) return Fail(Damaged(line.error().message()));
      at_ = end + 1;
      return std::move(*line);
    }
    searched = text_.size() - at_;  // Fill moves what is left to the beginning
    TR_TRY(const bool more, Fill());
    if (more) continue;
    if (at_ != text_.size()) return Fail(Damaged("its last line does not end"));
    return std::nullopt;
  }
}

}  // namespace tailrace::lake
