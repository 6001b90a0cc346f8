// What the dead-letter log of a stream says of one of its records.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/letter_entry.h"
#include "ports/event_log.h"

namespace tailrace::engine {

struct HistoryEntry {
  Offset at;
  LetterEntry entry;
};

// Every entry that speaks of the record at this place of the stream, oldest first. Reads the whole log of dead letters, which holds few
// beside the records. Errors: those of the log; kCancelled.
Result<std::vector<HistoryEntry>> HistoryOf(EventLog& log, StreamId dead_letters, std::string_view stream, PartitionId partition,
                                            Offset offset, const std::stop_token& stop);

// The entry at one place; nullopt: it is no longer held, or stands for a lost one.
Result<std::optional<HistoryEntry>> EntryAt(EventLog& log, StreamId dead_letters, Offset at);

// Whether a letter or what answers it is about this materialisation: its own, or of a record that the schema does not take.
bool IsAbout(const LetterEntry& entry, std::string_view kind, std::string_view name);

}  // namespace tailrace::engine
