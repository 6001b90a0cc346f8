// A record that some stage could not take, kept whole with the reason. The JSON form is the value in the dead-letter log
// (docs/formats/dead-letters.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::engine {

enum class Stage { kDecode, kSchema, kTable, kDocument };

std::string_view StageName(Stage stage);

struct DeadLetter {
  Stage stage = Stage::kSchema;
  std::string materialization;       // table or collection; empty before the log
  std::string stream;
  std::string raw;                   // the bytes as they came
  std::string pointer;               // JSON pointer, where known
  std::string reason;

  // Where it was read from, when a source refused it.
  std::string source;
  std::string item;
  int64_t place = -1;
  int64_t line = 0;

  // Where it is in the stream, when it is in the log.
  std::optional<PartitionId> partition;
  Offset offset;
  Seq seq;
};

// One name for one fault of one record at one stage, so that saying it again adds nothing.
std::string DeadLetterKey(const DeadLetter& letter);

std::string DeadLetterJson(const DeadLetter& letter, WallTime now);

// Writes dead letters to the dead-letter stream of each stream.
// Threads: thread-safe. Durability: synced when Write returns.
class DeadLetterWriter {
 public:
  // `stream_of` maps a stream's name to its dead-letter stream in `log`.
  DeadLetterWriter(EventLog& log, Clock& clock, std::function<std::optional<StreamId>(std::string_view)> stream_of);

  // All of one stream. With a `position` (of the source that refused them) they are one append, which it makes repeatable;
  // without one each is appended under its own name, so that repeating adds nothing.
  Status Write(const std::vector<DeadLetter>& letters, const SourcePosition* position);

 private:
  Status WriteTogether(StreamId stream, const std::vector<DeadLetter>& letters, const SourcePosition& position);
  Status WriteByName(StreamId stream, const std::vector<DeadLetter>& letters);

  EventLog& log_;
  Clock& clock_;
  std::function<std::optional<StreamId>(std::string_view)> stream_of_;
};

}  // namespace tailrace::engine
