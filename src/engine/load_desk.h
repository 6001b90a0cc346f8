// Takes the rows of files that another process reads, as `load` sends them to a running server: as if a source of this process had
// read them, with the same verdicts, dead letters and positions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/source_appender.h"
#include "ports/row_message.h"

namespace tailrace::engine {

// The name that positions, dead letters and audits have for rows of `load`, whichever way they come.
inline constexpr std::string_view kLoadSource = "load";

struct LoadFault {
  int64_t line = 0;  // 0 where there are no lines
  int64_t place = 0;
  std::string pointer;
  std::string reason;
};

struct LoadReceipt {
  int64_t accepted = 0;
  int64_t refused = 0;
  std::vector<LoadFault> faults;  // the first ones
};

// Threads:    thread-safe; one item of a stream is taken from one caller at a time.
// Ownership:  borrows log and dead letters.
// Durability: rows and position are on stable storage when Take returns.
// Errors:     kNotFound = no such stream; kConflict = the rows do not follow those that are there, or were read by another schema:
//             Open tells where to go on; kExhausted = too many loads at once, or too much in flight, or the disk is full: later again.
class LoadDesk {
 public:
  using TargetOf = std::function<Result<PumpTarget>(std::string_view stream)>;

  LoadDesk(EventLog& log, DeadLetterWriter& dead_letters, TargetOf target_of)
      : log_(log), dead_letters_(dead_letters), target_of_(std::move(target_of)) {}

  // Where an item is to be read from; nullopt from its beginning.
  Result<std::optional<ResumePoint>> Open(std::string_view stream, std::string_view item);

  // `client`: with whose key the rows come; empty: with none.
  Result<LoadReceipt> Take(std::string_view stream, std::string_view client, const RowMessage& message);

  static constexpr size_t kItemsMax = 64;
  static constexpr size_t kFaultsMax = 10;

 private:
  using Key = std::pair<std::string, std::string>;  // stream, item

  // An item that rows were taken of lately.
  struct Item {
    std::unique_ptr<SourceAppender> appender;
    ResumePoint next;  // where rows are to begin
    bool busy = false;
    uint64_t used = 0;
  };
  class Lease;

  Result<Item*> Enter(const Key& key);
  void Leave(const Key& key, bool keep);
  Status MakeRoom();
  Status Begin(const Key& key, Item* item) const;

  EventLog& log_;
  DeadLetterWriter& dead_letters_;
  const TargetOf target_of_;
  std::mutex mutex_;
  std::map<Key, Item> items_;  // protected by mutex_; the appender of a busy one belongs to who made it so
  uint64_t uses_ = 0;          // protected by mutex_
};

}  // namespace tailrace::engine
