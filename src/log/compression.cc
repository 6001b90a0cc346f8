#include "log/compression.h"

#include <lz4frame.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace tailrace::log {
namespace {

constexpr int kZstdLevel = 1;
constexpr size_t kUnpackStepBytes = size_t{1} << 18;
// Records of a few kinds shrink to about an eighth: room for that much is made at once.
constexpr size_t kUsualRatio = 8;

Error Damaged(std::string_view library, std::string_view reason) {
  return Error::Corruption(std::string(library) + ": " + std::string(reason));
}

// Blocks that each stand alone, as readers of Kafka's want them.
LZ4F_preferences_t Lz4Preferences() {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.blockSizeID = LZ4F_max256KB;
  return preferences;
}

Result<size_t> PackLz4(std::string_view records, char* to, size_t room) {
  const LZ4F_preferences_t preferences = Lz4Preferences();
  const size_t size = LZ4F_compressFrame(to, room, records.data(), records.size(), &preferences);
  if (LZ4F_isError(size) != 0) return Fail(Error::Internal(LZ4F_getErrorName(size)));
  return size;
}

Result<size_t> PackZstd(std::string_view records, char* to, size_t room) {
  const size_t size = ZSTD_compress(to, room, records.data(), records.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) return Fail(Error::Internal(ZSTD_getErrorName(size)));
  return size;
}

size_t PackedBound(Compression compression, size_t bytes) {
  if (compression == Compression::kZstd) return ZSTD_compressBound(bytes);
  const LZ4F_preferences_t preferences = Lz4Preferences();
  return LZ4F_compressFrameBound(bytes, &preferences);
}

// Makes room for more of the output, `size` bytes of which are there. `packed`: bytes of the whole input.
Status Widen(std::string* records, size_t size, size_t packed) {
  if (size < records->size()) return {};
  if (size >= kUnpackedBytesMax) return Fail(Error::Corruption("a batch unpacks to more than is allowed"));
  const size_t guess = std::max(kUnpackStepBytes, kUsualRatio * packed);
  records->resize(std::min(kUnpackedBytesMax, std::max(guess, 2 * size)));
  return {};
}

Result<std::string> UnpackLz4(std::string_view packed) {
  LZ4F_dctx* made = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0)
    return Fail(Error::Exhausted("lz4: no memory"));
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(made, LZ4F_freeDecompressionContext);
  const size_t whole = packed.size();
  std::string records;
  size_t size = 0;
  while (true) {
    TR_RETURN_IF_ERROR(Widen(&records, size, whole));
    size_t out = records.size() - size;
    size_t in = packed.size();
    const size_t hint = LZ4F_decompress(context.get(), records.data() + size, &out, packed.data(), &in, nullptr);
    if (LZ4F_isError(hint) != 0) return Fail(Damaged("lz4", LZ4F_getErrorName(hint)));
    size += out;
    packed.remove_prefix(in);
    if (hint == 0) break;
    if (in == 0 && out == 0) return Fail(Damaged("lz4", "the frame is cut"));
  }
  if (!packed.empty()) return Fail(Damaged("lz4", "bytes after the frame"));
  records.resize(size);
  return records;
}

Result<std::string> UnpackZstd(std::string_view packed) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (stream == nullptr) return Fail(Error::Exhausted("zstd: no memory"));
  std::string records;
  size_t size = 0;
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  while (true) {
    TR_RETURN_IF_ERROR(Widen(&records, size, packed.size()));
    ZSTD_outBuffer out{records.data(), records.size(), size};
    const size_t before = in.pos;
    const size_t hint = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) return Fail(Damaged("zstd", ZSTD_getErrorName(hint)));
    const bool moved = out.pos != size || in.pos != before;
    size = out.pos;
    if (hint == 0 && in.pos == in.size) break;
    if (!moved) return Fail(Damaged("zstd", "the frame is cut"));
  }
  records.resize(size);
  return records;
}

}  // namespace

Status Pack(Compression compression, std::string_view records, size_t header_bytes, ByteBuffer* packed) {
  packed->clear();
  const size_t room = PackedBound(compression, records.size());
  char* to = packed->Reserve(header_bytes + room) + header_bytes;
  TR_TRY(const size_t size, compression == Compression::kLz4 ? PackLz4(records, to, room) : PackZstd(records, to, room));
  packed->set_end(to + size);
  return {};
}

Result<std::string> Unpack(Compression compression, std::string_view packed, size_t padding) {
  TR_TRY(std::string records, compression == Compression::kLz4 ? UnpackLz4(packed) : UnpackZstd(packed));
  records.resize(records.size() + padding);
  return records;
}

}  // namespace tailrace::log
