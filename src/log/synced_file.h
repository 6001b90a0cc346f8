// How far a partition is known to be synced. Written after every sync of the segment but itself synced only now and
// then, so it is a lower bound: bytes below it that cannot be read are damage, bytes above it may be a torn tail.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace tailrace::log {

struct SyncedPosition {
  int64_t segment = 0;  // base offset
  int64_t bytes = 0;    // of the segment
  int64_t end = 0;      // next offset
};

// Threads: one at a time.
class SyncedFile {
 public:
  // Makes the file when it is not there; its name is durable after the next sync of `directory`.
  static Result<std::unique_ptr<SyncedFile>> Open(FileSystem& files, const std::string& directory);

  // The newest position that is whole; nullopt when there is none.
  static Result<std::optional<SyncedPosition>> Read(FileSystem& files, const std::string& directory);

  // Only after the bytes below have been synced. An error costs knowledge, not records.
  Status Record(const SyncedPosition& position);
  Status Sync() { return file_->Sync(); }

 private:
  explicit SyncedFile(std::unique_ptr<File> file) : file_(std::move(file)) {}

  std::unique_ptr<File> file_;
  int next_slot_ = 0;
};

}  // namespace tailrace::log
