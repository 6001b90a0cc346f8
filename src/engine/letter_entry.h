// An entry of a dead-letter log, taken apart again (docs/formats/dead-letters.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/dead_letter.h"
#include "model/ids.h"

namespace tailrace::engine {

enum class LetterKind {
  kLetter,   // a record that could not be taken
  kRedrive,  // a record sent again: it answers a letter
  kSettled,  // a rebuilt table or collection has taken the record after all
  kResumed,  // letters of before are not held against the stream any more: no letter, and no name
};

struct LetterEntry {
  LetterKind kind = LetterKind::kLetter;
  DeadLetter letter;        // of a redrive: raw is the text sent again
  std::string fault;        // name of it; of letters alone
  int64_t time_ms = 0;
  Offset answers;           // kRedrive: the letter's place in the dead-letter log
};

// What folding an entry into the state of its name needs, and no more: no bytes of the record.
struct LetterHead {
  LetterKind kind = LetterKind::kLetter;
  std::string name;
  std::string fault;
  std::string stage;
  std::string materialization;
  std::optional<Offset> redrive;
  Offset answers;
  bool in_log = false;      // the record has a place in its stream
  int64_t time_ms = 0;
};

// Whether an entry is a redrive, without reading it: its kind is the first member.
bool IsRedriveEntry(std::string_view json);

// Whether a record of the dead-letter log stands for lost ones: a JSON text, which `log repair` writes in the place of damage.
bool IsGapEntry(std::string_view json);

// `json` is followed by RecordDecoder::kPadding readable bytes. `at` is its place in the log: letters of older programs have no name of
// their own. kCorruption: no such entry.
Result<LetterHead> ParseLetterHead(std::string_view json, Offset at);
Result<LetterEntry> ParseLetterEntry(std::string_view json, Offset at);

std::string RedriveJson(const LetterEntry& entry);
std::string SettledJson(std::string_view stream, std::string_view name, WallTime now);
std::string ResumedJson(std::string_view stream, WallTime now);

}  // namespace tailrace::engine
