#include "server/http/content_coding.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "server/http/request.h"

namespace tailrace::server {
namespace {

// What one step expands at most; also the first guess at the size.
constexpr size_t kStepBytes = 64 << 10;
constexpr int kGzipWindow = 16 + MAX_WBITS;
// 8 MiB, the most that RFC 8878 lets a sender expect of us.
constexpr int kZstdWindowLogMax = 23;

Error TooLarge(size_t bytes_max) { return Error::Exhausted("the body expands to more than " + std::to_string(bytes_max) + " bytes"); }

// Room behind `size` bytes of `out`; one byte more than may be used tells "exactly full" from "too large".
size_t Grow(std::string& out, size_t size, size_t bytes_max) {
  const size_t step = std::max(kStepBytes, size);
  const size_t grown = std::min(size + step, bytes_max + 1);
  out.resize(grown);
  return grown - size;
}

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

Result<std::string> ExpandGzip(std::string_view body, size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return Fail(Error::Exhausted("no memory to expand the body"));
  const std::unique_ptr<z_stream, InflateEnd> cleanup(&stream);
  std::string out;
  size_t size = 0;
  size_t fed = 0;
  bool ended = false;
  while (!ended) {
    const size_t room = Grow(out, size, bytes_max);
    const size_t piece = std::min<size_t>(body.size() - fed, std::numeric_limits<uInt>::max());
    // zlib does not write to its input; its type is from before const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(body.data() + fed));
    stream.avail_in = static_cast<uInt>(piece);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = static_cast<uInt>(std::min<size_t>(room, std::numeric_limits<uInt>::max()));
    const size_t offered = stream.avail_out;
    const int code = inflate(&stream, Z_NO_FLUSH);
    const size_t made = offered - stream.avail_out;
    fed += piece - stream.avail_in;
    size += made;
    if (size > bytes_max) return Fail(TooLarge(bytes_max));
    if (code == Z_STREAM_END) {
      // A gzip file may be several, one after the other.
      ended = fed == body.size();
      if (!ended && inflateReset(&stream) != Z_OK) return Fail(Error::Internal("cannot restart zlib"));
    } else if (code != Z_OK || (fed == body.size() && made == 0)) {
      return Fail(Error::Invalid(code == Z_DATA_ERROR ? "the body is not valid gzip" : "the gzip body is cut short"));
    }
  }
  out.resize(size);
  return out;
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Result<std::string> ExpandZstd(std::string_view body, size_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return Fail(Error::Exhausted("no memory to expand the body"));
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  std::string out;
  size_t size = 0;
  ZSTD_inBuffer input{body.data(), body.size(), 0};
  size_t hint = 1;  // 0 at the end of a frame
  while (hint != 0 || input.pos < input.size) {
    const size_t room = Grow(out, size, bytes_max);
    ZSTD_outBuffer output{out.data() + size, room, 0};
    const size_t consumed_before = input.pos;
    hint = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(hint)) return Fail(Error::Invalid(std::string("the body is not valid zstd: ") + ZSTD_getErrorName(hint)));
    size += output.pos;
    if (size > bytes_max) return Fail(TooLarge(bytes_max));
    if (hint != 0 && output.pos == 0 && input.pos == consumed_before) {
      return Fail(Error::Invalid("the zstd body is cut short"));
    }
  }
  out.resize(size);
  return out;
}

}  // namespace

std::optional<ContentCoding> ParseContentCoding(std::string_view value) {
  if (value.empty() || EqualsIgnoreCase(value, "identity")) return ContentCoding::kIdentity;
  if (EqualsIgnoreCase(value, "gzip") || EqualsIgnoreCase(value, "x-gzip")) return ContentCoding::kGzip;
  if (EqualsIgnoreCase(value, "zstd")) return ContentCoding::kZstd;
  return std::nullopt;
}

Result<std::string> Expand(ContentCoding coding, std::string_view body, size_t bytes_max, size_t padding) {
  if (coding == ContentCoding::kIdentity) return std::string(body).append(padding, '\0');
  TR_TRY(std::string content, coding == ContentCoding::kGzip ? ExpandGzip(body, bytes_max) : ExpandZstd(body, bytes_max));
  content.append(padding, '\0');
  return content;
}

}  // namespace tailrace::server
