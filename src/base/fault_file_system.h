// A file system in memory that fails, stops and loses power as a test tells it to.
//
//   FaultFileSystem files;
//   files.Inject({.at = 17, .kind = FaultFileSystem::Kind::kStop});
//   ... work until everything fails ...
//   SeededRandom random(1);
//   files.PowerCut(FaultFileSystem::Loss::kTear, random);   // and open again
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/random.h"

namespace tailrace {

// Threads: thread-safe; each call is one operation.
// What it models: writes and cuts of a file are durable at its Sync, names at the SyncDirectory of their directory, and
// neither makes the other so. A failed Sync throws away what it should have made durable, and the next Sync says
// nothing of it, as Linux does.
class FaultFileSystem final : public FileSystem {
 public:
  enum class Kind {
    kFail,        // kUnavailable, and nothing happens
    kNoSpace,     // operations that take space: kExhausted, and nothing happens; others work
    kShortWrite,  // a write does its first half, then fails with kExhausted; others fail as kFail
    kStop,        // this operation and all after it fail: the process has ended
  };
  struct Fault {
    int64_t at = 0;         // operation number, from 0, counted since the last ResetCount
    bool for_ever = false;  // also every one after it
    Kind kind = Kind::kFail;
  };
  enum class Loss {
    kNothing,   // the process was killed: what the kernel has is kept
    kUnsynced,  // power cut: everything that was not synced is gone
    kTear,  // power cut: of what was not synced, each sector of 512 bytes made it or did not; names up to some point
  };
  enum class OperationKind { kRead, kWrite, kSync, kName, kCut };

  static constexpr int64_t kSectorBytes = 512;

  FaultFileSystem();
  ~FaultFileSystem() override;

  void Inject(Fault fault);
  void Heal();
  int64_t operations() const;
  void ResetCount();
  // How often Sync was called on a file whose path ends in `suffix`, since the last ResetCount.
  int64_t syncs(std::string_view suffix) const;

  // Files opened before it fail from then on. Faults are healed.
  void PowerCut(Loss loss, Random& random);

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Status MakeDirectory(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

 private:
  struct Node;
  class OpenFile;
  class HeldLock;
  struct Entry {
    std::string path;
    std::shared_ptr<Node> node;  // null: the name goes
  };
  using NameChange = std::vector<Entry>;  // all or nothing
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  // Counts an operation; the error it shall fail with, or the fault for the operation to act on.
  Result<std::optional<Kind>> Begin(OperationKind kind, const std::string& path);
  Status BeginSimple(OperationKind kind, const std::string& path);
  void Change(NameChange change);
  static void ApplyTo(Names& names, const NameChange& change);
  Status CheckParent(const std::string& path) const;

  mutable std::mutex mutex_;
  Names names_;
  Names durable_names_;
  std::map<std::string, std::vector<NameChange>> unsynced_names_;  // by directory
  std::map<std::string, int64_t> syncs_;
  std::map<std::string, bool> locked_;
  std::optional<Fault> fault_;
  bool stopped_ = false;
  int64_t operations_ = 0;
  int64_t generation_ = 0;
};

}  // namespace tailrace
