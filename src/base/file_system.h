// Files, as much of them as a durable store needs, and as little as can be faked with faults.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

// An open file; closed when destroyed.
// Threads:    thread-safe.
// Errors:     kExhausted = the disk is full; kUnavailable = everything else the system reports, with the path.
// Durability: what was written, zeroed or cut is on stable storage once Sync has returned success. After a failed Sync
// nothing
//             is known about it, and a second Sync of any descriptor of this file may lie: never call it.
class File {
 public:
  virtual ~File() = default;

  // Bytes read; fewer than asked for only at the end of the file.
  virtual Result<size_t> ReadAt(int64_t position, std::span<char> to) = 0;
  // All of `bytes`; on an error any part of them may have been written.
  virtual Status WriteAt(int64_t position, std::string_view bytes) = 0;
  // Writes zeros, so that later writes in this range need no new blocks.
  virtual Status Zero(int64_t position, int64_t bytes) = 0;
  virtual Status Sync() = 0;
  virtual Status Truncate(int64_t bytes) = 0;
  virtual Result<int64_t> Size() = 0;
};

enum class OpenMode {
  kRead,
  kWrite,   // read and write; must be there
  kCreate,  // read and write; made when it is not there, kept as it is when it is
};

struct FileInfo {
  int64_t bytes = 0;
  bool directory = false;
};

// Held until destroyed, or until the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Threads:    thread-safe.
// Errors:     as File; kNotFound where a path is not there; Lock: kConflict when another process holds it.
// Durability: names made, changed and removed in a directory are on stable storage once SyncDirectory of it has
// returned.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  // Names in a directory, sorted.
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;
  // One level; fine when it is there.
  virtual Status MakeDirectory(const std::string& path) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
  // Makes the file when it is not there.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

// The machine's. Lives as long as the program.
FileSystem& PosixFileSystem();

// Makes `path` and what is missing above it, durably.
Status MakeDirectories(FileSystem& files, const std::string& path);

// Puts a whole file in place durably: after a crash it is the old one or the new one. Uses `path` + ".tmp" on the way.
Status ReplaceFile(FileSystem& files, const std::string& path, std::string_view bytes);

// kNotFound; kInvalid when it is larger than `bytes_max`.
Result<std::string> ReadFile(FileSystem& files, const std::string& path, int64_t bytes_max);

inline constexpr std::string_view kTemporarySuffix = ".tmp";

// "a/b" of "a/b/c"; "." of "c".
std::string ParentPath(const std::string& path);

}  // namespace tailrace
