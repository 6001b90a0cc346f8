#include "log/fence.h"

#include "base/bytes.h"
#include "log/checked_file.h"
#include "log/file_names.h"

namespace tailrace::log {
namespace {

constexpr std::string_view kFenceMagic = "TRFENCE1";

std::string PathOf(const std::string& directory) { return directory + "/" + std::string(kFenceName); }

Status CutFile(FileSystem& files, const std::string& path, int64_t bytes) {
  TR_TRY(const auto file, files.Open(path, OpenMode::kWrite));
  TR_TRY(const int64_t size, file->Size());
  if (size > bytes) TR_RETURN_IF_ERROR(file->Truncate(bytes));
  return file->Sync();
}

}  // namespace

Status WriteFence(FileSystem& files, const std::string& directory, const Fence& fence) {
  std::string payload;
  AppendBig64(&payload, static_cast<uint64_t>(fence.segment));
  AppendBig64(&payload, static_cast<uint64_t>(fence.bytes));
  AppendBig64(&payload, static_cast<uint64_t>(fence.end));
  AppendBig64(&payload, static_cast<uint64_t>(fence.next_seq));
  return WriteCheckedFile(files, PathOf(directory), kFenceMagic, payload);
}

Result<std::optional<Fence>> ReadFence(FileSystem& files, const std::string& directory) {
  const auto payload = ReadCheckedFile(files, PathOf(directory), kFenceMagic);
  if (!payload && payload.error().code() == ErrorCode::kNotFound) return std::optional<Fence>();
  if (!payload) return Fail(payload.error());
  ByteReader reader(*payload);
  Fence fence;
  fence.segment = reader.Signed64();
  fence.bytes = reader.Signed64();
  fence.end = reader.Signed64();
  fence.next_seq = reader.Signed64();
  if (!reader.ok() || fence.bytes < 0) return Fail(Error::Corruption(PathOf(directory) + ": not a fence"));
  return std::optional<Fence>(fence);
}

Status ApplyFence(FileSystem& files, const std::string& directory, const Fence& fence) {
  TR_TRY(const auto names, files.List(directory));
  for (const std::string& name : names) {
    const auto base = NumberOf(name, kSegmentSuffix);
    if (!base || *base < fence.segment) continue;
    const std::string path = directory + "/" + name;
    if (*base == fence.segment) {
      TR_RETURN_IF_ERROR(CutFile(files, path, fence.bytes));
    } else {
      TR_RETURN_IF_ERROR(files.Remove(path));
    }
  }
  // The cut is durable before the fence goes: the other way round a crash between the two would bring the tail back.
  TR_RETURN_IF_ERROR(files.SyncDirectory(directory));
  TR_RETURN_IF_ERROR(files.Remove(PathOf(directory)));
  return files.SyncDirectory(directory);
}

}  // namespace tailrace::log
