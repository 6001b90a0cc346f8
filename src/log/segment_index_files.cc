#include "log/segment_index_files.h"

#include "log/file_names.h"

namespace tailrace::log {

Status WriteIndexFiles(FileSystem& files, const std::string& directory, int64_t base_offset,
                       const SegmentIndex& index) {
  TR_RETURN_IF_ERROR(
      ReplaceFile(files, NumberedPath(directory, base_offset, kOffsetIndexSuffix), index.EncodeOffsets()));
  return ReplaceFile(files, NumberedPath(directory, base_offset, kTimeIndexSuffix), index.EncodeTimes());
}

Result<IndexState> StateOfIndex(FileSystem& files, const std::string& directory, int64_t base_offset,
                                std::string_view suffix, std::string_view expected) {
  const auto bytes = ReadFile(files, NumberedPath(directory, base_offset, suffix), kIndexBytesMax);
  if (bytes) return *bytes == expected ? IndexState::kRight : IndexState::kWrong;
  if (bytes.error().code() == ErrorCode::kNotFound) return IndexState::kMissing;
  if (bytes.error().code() == ErrorCode::kInvalid) return IndexState::kWrong;
  return Fail(bytes.error());
}

}  // namespace tailrace::log
