#include "log/stream_file.h"

#include "base/bytes.h"
#include "log/checked_file.h"
#include "log/file_names.h"
#include "log/options.h"

namespace tailrace::log {
namespace {

constexpr std::string_view kStreamMagic = "TRSTREAM";

std::string PathOf(const std::string& directory) { return directory + "/" + std::string(kStreamName); }

}  // namespace

Status WriteStreamFile(FileSystem& files, const std::string& directory, const StreamFile& stream) {
  std::string payload;
  AppendText(&payload, stream.name);
  AppendBig32(&payload, static_cast<uint32_t>(stream.partitions));
  return WriteCheckedFile(files, PathOf(directory), kStreamMagic, payload);
}

Result<StreamFile> ReadStreamFile(FileSystem& files, const std::string& directory) {
  TR_TRY(const std::string payload, ReadCheckedFile(files, PathOf(directory), kStreamMagic));
  ByteReader reader(payload);
  StreamFile stream;
  stream.name = reader.Text();
  stream.partitions = static_cast<int32_t>(reader.Big32());
  if (!reader.ok() || reader.left() != 0 || stream.partitions < 1 || stream.partitions > kPartitionsMax) {
    return Fail(Error::Corruption(PathOf(directory) + ": not a description of a stream"));
  }
  return stream;
}

}  // namespace tailrace::log
