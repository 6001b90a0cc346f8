#include "sources/byte_stream.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace tailrace {
namespace {

constexpr size_t kChunkBytes = 128 << 10;
// Takes gzip's header beside the largest window of deflate.
constexpr int kGzipWindowBits = 15 + 16;

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(const InputFile& file) : file_(file) {}

  Result<size_t> Read(char* to, size_t bytes) override {
    TR_TRY(size_t read, file_.ReadAt(place_, to, bytes));
    place_ += static_cast<int64_t>(read);
    return read;
  }

  Result<int64_t> Skip(int64_t bytes) override {
    TR_TRY(InputFileState state, file_.State());
    int64_t skipped = std::min(bytes, std::max<int64_t>(0, state.bytes - place_));
    place_ += skipped;
    return skipped;
  }

 private:
  const InputFile& file_;
  int64_t place_ = 0;
};

// What both compressed kinds share: packed bytes in, a step of unpacking, packed bytes in again.
class UnpackingStream : public ByteStream {
 public:
  explicit UnpackingStream(const InputFile& file) : packed_(kChunkBytes), file_(file) {}

  Result<size_t> Read(char* to, size_t bytes) final {
    size_t done = 0;
    while (done < bytes) {
      if (begin_ == end_) {
        TR_TRY(size_t read, file_.ReadAt(place_, packed_.data(), packed_.size()));
        place_ += static_cast<int64_t>(read);
        begin_ = 0;
        end_ = read;
        if (read == 0) {
          if (inside_) return Fail(Error::Invalid(file_.path() + " ends in the middle of its compressed data"));
          break;
        }
      }
      size_t written = 0;
      if (!Unpack(to + done, bytes - done, &written))
        return Fail(Error::Invalid(file_.path() + " does not unpack: it is damaged, or not what its ending says"));
      done += written;
    }
    return done;
  }

 protected:
  // Unpacks some of packed_[begin_, end_), which is not empty; sets inside_.
  virtual bool Unpack(char* to, size_t bytes, size_t* written) = 0;

  std::vector<char> packed_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool inside_ = false;   // of a frame or member that has not ended

 private:
  const InputFile& file_;
  int64_t place_ = 0;
};

class GzipStream final : public UnpackingStream {
 public:
  explicit GzipStream(const InputFile& file) : UnpackingStream(file) {
    TR_CHECK(inflateInit2(&zlib_, kGzipWindowBits) == Z_OK);
  }
  ~GzipStream() override { inflateEnd(&zlib_); }

 protected:
  bool Unpack(char* to, size_t bytes, size_t* written) override {
    zlib_.next_in = reinterpret_cast<Bytef*>(packed_.data() + begin_);
    zlib_.avail_in = static_cast<uInt>(end_ - begin_);
    zlib_.next_out = reinterpret_cast<Bytef*>(to);
    zlib_.avail_out = static_cast<uInt>(std::min<size_t>(bytes, UINT32_MAX));
    uInt room = zlib_.avail_out;
    int outcome = inflate(&zlib_, Z_NO_FLUSH);
    begin_ = end_ - zlib_.avail_in;
    *written = room - zlib_.avail_out;
    inside_ = outcome != Z_STREAM_END;
    // Another member may follow, as of files put together.
    if (outcome == Z_STREAM_END) return inflateReset(&zlib_) == Z_OK;
    return outcome == Z_OK || outcome == Z_BUF_ERROR;
  }

 private:
  z_stream zlib_{};
};

class ZstdStream final : public UnpackingStream {
 public:
  explicit ZstdStream(const InputFile& file) : UnpackingStream(file), zstd_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    TR_CHECK(zstd_ != nullptr);
  }

 protected:
  bool Unpack(char* to, size_t bytes, size_t* written) override {
    ZSTD_inBuffer in{packed_.data() + begin_, end_ - begin_, 0};
    ZSTD_outBuffer out{to, bytes, 0};
    size_t outcome = ZSTD_decompressStream(zstd_.get(), &out, &in);
    begin_ += in.pos;
    *written = out.pos;
    inside_ = outcome != 0;
    return ZSTD_isError(outcome) == 0;
  }

 private:
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> zstd_;
};

}  // namespace

Compression CompressionOf(std::string_view path) {
  if (path.ends_with(".gz")) return Compression::kGzip;
  if (path.ends_with(".zst")) return Compression::kZstd;
  return Compression::kNone;
}

Result<int64_t> ByteStream::Skip(int64_t bytes) {
  std::vector<char> waste(kChunkBytes);
  int64_t skipped = 0;
  while (skipped < bytes) {
    size_t wanted = static_cast<size_t>(std::min<int64_t>(bytes - skipped, kChunkBytes));
    TR_TRY(size_t read, Read(waste.data(), wanted));
    if (read == 0) break;
    skipped += static_cast<int64_t>(read);
  }
  return skipped;
}

std::unique_ptr<ByteStream> OpenByteStream(const InputFile& file, Compression compression) {
  switch (compression) {
    case Compression::kGzip: return std::make_unique<GzipStream>(file);
    case Compression::kZstd: return std::make_unique<ZstdStream>(file);
    case Compression::kNone: break;
  }
  return std::make_unique<PlainStream>(file);
}

}  // namespace tailrace
