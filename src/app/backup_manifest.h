// manifest.json of a backup: which files it has, and how to tell that they are whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/backup.h"
#include "base/result.h"

namespace tailrace::app {

inline constexpr std::string_view kManifestName = "manifest.json";

struct BackupFile {
  std::string path;  // below the backup's folder
  int64_t bytes = 0;
  uint32_t crc32c = 0;
};

struct BackupManifest {
  BackupSummary summary;
  std::vector<BackupFile> files;
};

// Durably, as the last file of a backup.
Status WriteManifest(const std::string& folder, const BackupManifest& manifest);

// kInvalid: there is none, so the backup is unfinished, or it is of another version; kCorruption: it is damaged.
Result<BackupManifest> ReadManifest(const std::string& folder);

// Copies the first `bytes` of a file, all of it when negative, syncs the copy, and tells its size and checksum.
Result<BackupFile> CopyChecked(int from_descriptor, const std::string& from, const std::string& to, int64_t bytes);
Result<BackupFile> CopyChecked(const std::string& from, const std::string& to, int64_t bytes);
// Size and checksum of a file that is there; it is synced.
Result<BackupFile> Checked(const std::string& path);

}  // namespace tailrace::app
