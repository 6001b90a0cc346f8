// Answers of polls that are kept before they are appended, and how far a source is: docs/formats/polls.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "sources/poll_answer.h"

namespace tailrace {

// Names one answer: the due time, which request of it, which page of that.
struct PollName {
  int64_t due_s = 0;  // seconds since the epoch
  int32_t request = 0;
  int32_t page = 0;
  auto operator<=>(const PollName&) const = default;
};

// What a server said about an answer, so that it need not send the same again.
struct PollValidator {
  std::string etag;
  std::string last_modified;
  bool empty() const { return etag.empty() && last_modified.empty(); }
};

struct SpooledAnswer {
  PollPage page;
  uint64_t address = 0;      // Fingerprint of the address that was asked
  int64_t first_row = 0;     // number of its first row among all of the due time
  PollValidator validator;
};

struct PollState {
  int64_t due_s = 0;      // all up to this one are done; 0: none yet
  int64_t answers = 0;    // spooled for them
  std::map<uint64_t, PollValidator> validators;  // by SpooledAnswer::address; of the last due time
  int64_t records = 0;     // of the last due time
  std::string failure;     // why its first answer that was not what was promised was not; empty: all were
};

inline constexpr size_t kPollValidatorsMax = 10'000;

// Whoever copies spools and the log to a moment that both are of holds it alone: no answer is kept, and none removed, until he lets go.
using PollRest = std::shared_mutex;

// Threads: one. Ownership: borrows `files`.
// Errors:  as FileSystem's; kCorruption = a file is not what was written.
// Durability: what Keep and Finish have returned from survives a crash.
class PollSpool {
 public:
  // `folder` is made when it is missing. `rest` may be null: then nobody copies the spool while it is in use.
  static Result<PollSpool> Open(FileSystem& files, std::string folder, std::shared_ptr<PollRest> rest = nullptr);

  // Of due times that are not done, in order.
  Result<std::vector<PollName>> Names() const;
  Result<SpooledAnswer> Read(const PollName& name) const;
  Status Keep(const PollName& name, const SpooledAnswer& answer);
  // A file that cannot be read is put aside, so that the source goes on.
  Status PutAside(const PollName& name);

  // Notes `state`, then removes the answers of due times up to its own.
  Status Finish(PollState state);
  const PollState& state() const { return state_; }

  // How many answers a folder has seen, done ones too; 0 where there is none.
  static Result<int64_t> AnswersIn(FileSystem& files, const std::string& folder);

 private:
  PollSpool(FileSystem& files, std::string folder, std::shared_ptr<PollRest> rest)
      : files_(&files), folder_(std::move(folder)), rest_(rest == nullptr ? std::make_shared<PollRest>() : std::move(rest)) {}
  std::string PathOf(const PollName& name) const;
  Status ReadState();
  Status RemoveDone();

  FileSystem* files_;
  std::string folder_;
  std::shared_ptr<PollRest> rest_;  // shared by whoever changes files
  PollState state_;
};

}  // namespace tailrace
