#include "base/file_system.h"

namespace tailrace {

std::string ParentPath(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status MakeDirectories(FileSystem& files, const std::string& path) {
  const auto info = files.Stat(path);
  if (info) {
    if (info->directory) return {};
    return Fail(Error::Conflict(path + " is a file where a directory is needed"));
  }
  if (info.error().code() != ErrorCode::kNotFound) return Fail(info.error());
  const std::string parent = ParentPath(path);
  if (parent != path) TR_RETURN_IF_ERROR(MakeDirectories(files, parent));
  TR_RETURN_IF_ERROR(files.MakeDirectory(path));
  return files.SyncDirectory(parent);
}

Status ReplaceFile(FileSystem& files, const std::string& path, std::string_view bytes) {
  const std::string temporary = path + std::string(kTemporarySuffix);
  {
    TR_TRY(const std::unique_ptr<File> file, files.Open(temporary, OpenMode::kCreate));
    TR_RETURN_IF_ERROR(file->Truncate(0));
    TR_RETURN_IF_ERROR(file->WriteAt(0, bytes));
    TR_RETURN_IF_ERROR(file->Sync());
  }
  TR_RETURN_IF_ERROR(files.Rename(temporary, path));
  return files.SyncDirectory(ParentPath(path));
}

Result<std::string> ReadFile(FileSystem& files, const std::string& path, int64_t bytes_max) {
  TR_TRY(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  TR_TRY(const int64_t bytes, file->Size());
  if (bytes > bytes_max) {
    return Fail(Error::Invalid(path + " has " + std::to_string(bytes) + " bytes; at most " + std::to_string(bytes_max) +
                               " are read"));
  }
  std::string text(static_cast<size_t>(bytes), '\0');
  TR_TRY(const size_t read, file->ReadAt(0, text));
  text.resize(read);
  return text;
}

}  // namespace tailrace
