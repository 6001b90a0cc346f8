// Copies of a data folder: made while the server runs, checked and put back by `tailrace restore`. Layout: docs/formats/backup.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// What a backup holds: of each stream the next offset of each partition.
struct BackupStream {
  std::string name;
  std::vector<int64_t> ends;
};

struct BackupSummary {
  std::string made;  // RFC 3339
  std::string version;
  std::vector<BackupStream> streams;
  int64_t files = 0;
  int64_t bytes = 0;
};

// How the running server helps; nothing of it when the folder's lock is held instead.
struct BackupHelp {
  // Runs the work while nothing is written to tables and documents, and no letter of theirs to the dead letters.
  std::function<Status(const std::function<Status()>& work)> while_stores_rest;
  // Runs the work while no answer of a poll is spooled, and none removed because its records are in the log.
  std::function<Status(const std::function<Status()>& work)> while_polls_rest;
  // Blocks until every dead letter that was handed to the log before is on stable storage.
  std::function<Status()> await_letters;
};

// Copies everything of `data` to `to`, which is made, or is an empty folder. In this order, so that nothing that is derived knows of records
// that the copy of the log lacks: the stores; the answers of polls, which rest until the positions of the log are read; then those of the dead
// letters; the log up to there. The manifest comes last: without one a backup is unfinished. Ingest goes on meanwhile.
// Errors: kInvalid = `to` cannot be used; kExhausted, kUnavailable = the disk. What was copied so far stays.
Result<BackupSummary> MakeBackup(const config::Pipeline& pipeline, const std::string& data, const std::string& to, const BackupHelp* help,
                                 Clock& clock);

// {"to"?, "made", "streams", "files", "bytes"}
std::string ToJson(const BackupSummary& summary);

// Puts a backup into `data`, which is made, or is empty. Every file is checked before the first is copied; a restore that is cut short leaves a
// folder that no server opens.
// Errors: kInvalid = no finished backup, or `data` is in use; kCorruption = files are missing or damaged, each by its name.
Result<BackupSummary> RestoreBackup(const std::string& from, const std::string& data);

}  // namespace tailrace::app
