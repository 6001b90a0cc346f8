#include "log/checked_file.h"

#include "base/bytes.h"
#include "base/crc32c.h"

namespace tailrace::log {
namespace {

constexpr size_t kMagicBytes = 8;
constexpr size_t kFrameBytes = kMagicBytes + 4 + 4;  // magic, length, checksum

}  // namespace

Status WriteCheckedFile(FileSystem& files, const std::string& path, std::string_view magic, std::string_view payload) {
  TR_CHECK(magic.size() == kMagicBytes);
  std::string bytes;
  bytes.reserve(payload.size() + kFrameBytes);
  bytes.append(magic);
  AppendBig32(&bytes, static_cast<uint32_t>(payload.size()));
  bytes.append(payload);
  AppendBig32(&bytes, Crc32c(bytes));
  return ReplaceFile(files, path, bytes);
}

Result<std::string> ReadCheckedFile(FileSystem& files, const std::string& path, std::string_view magic) {
  TR_TRY(std::string bytes, ReadFile(files, path, kCheckedFileBytesMax));
  const auto damaged = [&](std::string_view why) { return Fail(Error::Corruption(path + ": " + std::string(why))); };
  if (bytes.size() < kFrameBytes) return damaged("too short");
  if (bytes.compare(0, kMagicBytes, magic) != 0) return damaged("does not begin with " + std::string(magic));
  if (LoadBig32(bytes.data() + kMagicBytes) != bytes.size() - kFrameBytes)
    return damaged("its length is not what it says");
  const size_t covered = bytes.size() - 4;
  if (LoadBig32(bytes.data() + covered) != Crc32c({bytes.data(), covered}))
    return damaged("the checksum does not hold");
  return bytes.substr(kMagicBytes + 4, bytes.size() - kFrameBytes);
}

}  // namespace tailrace::log
