// The records of one stream that were sent again and are not in the log yet (refused by decoding or by the schema), as a source: they come
// out of the dead-letter log in the order in which they were sent again.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "engine/letter_entry.h"
#include "ports/event_log.h"
#include "ports/source.h"

namespace tailrace::engine {

// As SourcePump knows it.
inline constexpr std::string_view kRedriveSource = "dlq";
inline constexpr std::string_view kRedriveItem = "redrive";

// A finite source that can be asked again after its end: there may be more then. A row's place is its entry's offset.
// Threads: one. Ownership: borrows the log.
class RedriveSource final : public Source {
 public:
  RedriveSource(EventLog& log, StreamId dead_letters) : log_(log), stream_(dead_letters) {}

  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override;
  int64_t SizeHint() const override { return 0; }

  // A refused row of the last batch is the letter it was before, with the attempt that has failed.
  void KeepName(DeadLetter* letter) const;

  // Everything below has been handed out.
  Offset position() const { return next_; }

 private:
  void Take(const LogRecord& record, LetterEntry entry, SourceBatch* batch);

  EventLog& log_;
  const StreamId stream_;
  Offset next_;
  bool opened_ = false;
  std::deque<std::string> texts_;      // of the last batch, padded
  std::vector<LetterEntry> entries_;   // of the same rows
  std::vector<Offset> places_;
};

}  // namespace tailrace::engine
