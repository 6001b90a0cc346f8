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
#include "engine/json_writer.h"
#include "model/ids.h"
#include "model/schema.h"
#include "ports/event_log.h"

namespace tailrace::engine {

enum class Stage { kDecode, kSchema, kTable, kDocument };

std::string_view StageName(Stage stage);

struct DeadLetter {
  Stage stage = Stage::kSchema;
  std::string materialization;       // table or collection; empty before the log
  std::string stream;
  std::string raw;                   // the bytes as they came
  std::string record;                // the JSON that was made of them for this stream, where it is another text; else empty
  std::string pointer;               // JSON pointer, where known
  std::string reason;
  std::string schema;                // fingerprint of the stream's schema; empty where it is not known

  // Where it was read from, when a source refused it.
  std::string source;
  std::string item;                  // its path, for people
  std::string item_id;               // its identity within the source; empty: `item`
  int64_t place = -1;
  int64_t line = 0;

  // Which request brought it, when a door refused it; `place` is then its index in the request.
  std::string request;

  // Where it is in the stream, when it is in the log.
  std::optional<PartitionId> partition;
  Offset offset;
  Seq seq;
  int64_t ingested_at_ms = 0;        // when it got there

  // When it was sent again and refused again: the entry of the dead-letter log that sent it, and the name it has had from the beginning.
  std::optional<Offset> redrive;
  std::string name;
};

// One name for one record at one stage, which it keeps however often it is sent again: (stage, stream, partition, offset,
// materialisation), or without an offset (source, item, place) or (request, index).
std::string DeadLetterName(const DeadLetter& letter);

// The name and which attempt it was, so that saying the same again adds nothing.
std::string DeadLetterKey(const DeadLetter& letter);

// Where the record is in its stream, and where it came from: the members that a letter and its redrive share.
void WritePlace(JsonObjectWriter& json, const DeadLetter& letter);

std::string DeadLetterJson(const DeadLetter& letter, WallTime now);

// Sixteen hex digits for all that decides whether a record fits.
std::string SchemaFingerprint(const Schema& schema);

class LetterIndex;

// Where the dead letters of a stream are kept.
struct LetterStream {
  LetterStream(StreamId stream, LetterIndex* known = nullptr, std::string fingerprint = {})  // NOLINT: a stream alone is one too
      : id(stream), index(known), schema(std::move(fingerprint)) {}
  StreamId id;
  LetterIndex* index = nullptr;  // knows which letters are there, however long ago; null: the log's own window alone
  std::string schema;            // SchemaFingerprint
};

// Writes dead letters to the dead-letter stream of each stream.
// Threads: thread-safe. Durability: synced when Write returns.
class DeadLetterWriter {
 public:
  // `stream_of` maps a stream's name to its dead letters in `log`.
  DeadLetterWriter(EventLog& log, Clock& clock, std::function<std::optional<LetterStream>(std::string_view)> stream_of);

  // All of one stream, which refused what came from `origin` (null: a stage behind the log). With a `position` (of the source that refused them) they are one append, which it makes repeatable;
  // without one each is appended under its own name, so that repeating adds nothing.
  Status Write(const std::vector<DeadLetter>& letters, const SourcePosition* position, const Origin* origin = nullptr);

 private:
  Status WriteTogether(const LetterStream& stream, const std::vector<DeadLetter>& letters, const SourcePosition& position,
                       const Origin* origin);
  Status WriteByName(const LetterStream& stream, const std::vector<DeadLetter>& letters);
  std::string JsonOf(const LetterStream& stream, const DeadLetter& letter, WallTime now) const;

  EventLog& log_;
  Clock& clock_;
  std::function<std::optional<LetterStream>(std::string_view)> stream_of_;
};

}  // namespace tailrace::engine
