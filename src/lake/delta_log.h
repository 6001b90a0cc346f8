// The log of a Delta Lake table: its actions as JSON, what they add up to, and how another version is committed.
//
// As the Delta Transaction Log Protocol has it (github.com/delta-io/delta, PROTOCOL.md), reader version 1, writer version 2; docs/formats/lake.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/object_store.h"

namespace tailrace::lake {

// An `add` action.
struct DeltaFile {
  std::string path;  // as in the action: relative to the table, percent-encoded
  std::map<std::string, std::optional<std::string>> partition;
  int64_t bytes = 0;
  int64_t modified_ms = 0;
  std::string stats;  // JSON text, empty for none
  int64_t records = 0;  // out of the stats
  std::string sha256;   // of its bytes, in hexadecimal digits: the tag kSha256Tag; empty: not known
};

inline constexpr std::string_view kSha256Tag = "tailrace.sha256";

struct DeltaMetadata {
  std::string id;
  std::string schema;  // JSON text
  std::vector<std::string> partition_columns;
  int64_t created_ms = 0;
  bool operator==(const DeltaMetadata&) const = default;
};

// What the actions up to a version add up to.
struct DeltaState {
  int64_t version = -1;  // -1: there is no table
  DeltaMetadata metadata;
  std::map<std::string, DeltaFile> files;      // by path
  std::map<std::string, int64_t> removed;      // when, by path; until their files are deleted
  std::map<std::string, int64_t> transactions; // `txn`: version by appId
  int64_t kept = 0;                            // the newest version that KeepState has kept
  std::string checkpoint_sha256;               // of the checkpoint of that version; empty: not known
};

struct DeltaCommit {
  std::string operation;  // "WRITE", "OPTIMIZE"
  int64_t time_ms = 0;
  bool data_changes = true;
  std::optional<DeltaMetadata> metadata;  // when it is another one
  std::map<std::string, int64_t> transactions;
  std::vector<std::string> removed;
  std::vector<DeltaFile> added;
};

// Lines of JSON, one an action; the first says who wrote them and has the CRC-32C of the rest.
std::string CommitText(const DeltaCommit& commit, bool is_first);
// All actions of a state: what a checkpoint holds.
std::string StateText(const DeltaState& state);
// kCorruption: no such actions, or not those of which the first line has the checksum. kInvalid: they ask for more of a reader than this is.
Status ApplyActions(std::string_view text, DeltaState* state);

// Threads: one at a time. Ownership: borrows `objects`. `folder` ends in "/".
class DeltaLog {
 public:
  DeltaLog(ObjectStore& objects, std::string folder) : objects_(objects), folder_(std::move(folder)) {}

  // Reads what has come since `state`, from the newest state of our own where that saves reading commits.
  Status Refresh(DeltaState* state);

  // Makes version `state->version` + 1 and applies it. kConflict: somebody else has made it.
  Status Commit(const DeltaCommit& commit, DeltaState* state);

  // Keeps the state, so that the next start need not read all commits.
  Status KeepState(const DeltaState& state);

  std::string CheckpointName(int64_t version) const;

  std::string CommitName(int64_t version) const;

 private:
  ObjectStore& objects_;
  const std::string folder_;
};

// Percent-encoding of a path (RFC 3986), slashes left, and back.
std::string EncodePath(std::string_view path);
std::string DecodePath(std::string_view path);

}  // namespace tailrace::lake
