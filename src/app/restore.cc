// Puts a backup back.
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/backup.h"
#include "app/backup_manifest.h"
#include "app/data_directory.h"
#include "base/crash_point.h"
#include "base/file_system.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatName = "FORMAT";
constexpr size_t kFaultsNamedMax = 20;

bool IsInside(const std::string& path) {
  const fs::path relative(path);
  if (relative.is_absolute()) return false;
  for (const fs::path& step : relative) {
    if (step == "..") return false;
  }
  return !path.empty();
}

std::string FaultOf(const std::string& from, const BackupFile& file) {
  if (!IsInside(file.path)) return fmt::format("\"{}\" is no path in a backup", file.path);
  const std::string path = from + "/" + file.path;
  if (!fs::exists(path)) return path + " is missing";
  const auto found = Checked(path);
  if (!found) return found.error().message();
  if (found->bytes != file.bytes) return fmt::format("{} has {} bytes and not {}", path, found->bytes, file.bytes);
  if (found->crc32c != file.crc32c) return path + " is damaged";
  return {};
}

Status CheckFiles(const std::string& from, const BackupManifest& manifest) {
  std::vector<std::string> faults;
  for (const BackupFile& file : manifest.files) {
    if (std::string fault = FaultOf(from, file); !fault.empty()) faults.push_back(std::move(fault));
  }
  if (faults.empty()) return {};
  std::string text = fmt::format("{} of {} files of the backup cannot be used:", faults.size(), manifest.files.size());
  for (size_t i = 0; i < std::min(faults.size(), kFaultsNamedMax); ++i) text += "\n  " + faults[i];
  return Fail(Error::Corruption(text));
}

Status CheckEmpty(const std::string& data) {
  std::error_code failed;
  if (!fs::exists(data, failed)) return {};
  for (const auto& entry : fs::directory_iterator(data, failed)) {
    return Fail(Error::Invalid(fmt::format("{} is not empty: it holds {}; move it away first", data, entry.path().filename().string())));
  }
  return {};
}

}  // namespace

Result<BackupSummary> RestoreBackup(const std::string& from, const std::string& data) {
  TR_TRY(const BackupManifest manifest, ReadManifest(from));
  TR_RETURN_IF_ERROR(CheckEmpty(data));
  TR_RETURN_IF_ERROR(CheckFiles(from, manifest));
  FileSystem& files = PosixFileSystem();
  TR_RETURN_IF_ERROR(MakeDirectories(files, data));
  const std::string format = data + "/" + std::string(kFormatName);
  TR_RETURN_IF_ERROR(ReplaceFile(files, format, std::string(kRestoring) + "\n"));
  std::string layout;
  for (const BackupFile& file : manifest.files) {
    if (file.path == kFormatName) {
      TR_TRY(layout, ReadFile(files, from + "/" + file.path, file.bytes));
      continue;
    }
    const std::string to = data + "/" + file.path;
    TR_RETURN_IF_ERROR(MakeDirectories(files, ParentPath(to)));
    TR_TRY(const BackupFile copied, CopyChecked(from + "/" + file.path, to, -1));
    if (copied.crc32c != file.crc32c) return Fail(Error::Corruption(from + "/" + file.path + " changed while it was read"));
    TR_RETURN_IF_ERROR(files.SyncDirectory(ParentPath(to)));
    TR_CRASH_POINT("restore.copied");
  }
  TR_RETURN_IF_ERROR(ReplaceFile(files, format, layout));
  return manifest.summary;
}

}  // namespace tailrace::app
