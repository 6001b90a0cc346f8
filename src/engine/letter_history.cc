#include "engine/letter_history.h"

#include <fmt/format.h>

#include <utility>

#include "engine/dead_letter.h"

namespace tailrace::engine {
namespace {

constexpr PartitionId kLettersPartition{0};
constexpr size_t kReadBytes = size_t{2} << 20;

// The entry of a name that ends so is about the record: STAGE/MATERIALIZATION/STREAM/PARTITION/OFFSET.
std::string NameEnd(std::string_view stream, PartitionId partition, Offset offset) {
  return fmt::format("/{}/{}/{}", stream, partition.value, offset.value);
}

// A settlement has nothing but the name.
void TakeNameApart(DeadLetter* letter) {
  const size_t stage = letter->name.find('/');
  if (stage == std::string::npos) return;
  const size_t materialization = letter->name.find('/', stage + 1);
  if (materialization == std::string::npos) return;
  if (letter->name.starts_with(StageName(Stage::kDocument))) letter->stage = Stage::kDocument;
  if (letter->name.starts_with(StageName(Stage::kTable))) letter->stage = Stage::kTable;
  letter->materialization = letter->name.substr(stage + 1, materialization - stage - 1);
}

}  // namespace

Result<std::vector<HistoryEntry>> HistoryOf(EventLog& log, StreamId dead_letters, std::string_view stream, PartitionId partition,
                                            Offset offset, const std::stop_token& stop) {
  std::vector<HistoryEntry> history;
  const auto partitions = log.Partitions(dead_letters);
  if (partitions.empty()) return history;
  // What most entries do not hold is looked for before they are read.
  const std::string digits = std::to_string(offset.value);
  const std::string name_end = NameEnd(stream, partition, offset);
  for (Offset at = partitions.front().begin; at < partitions.front().end;) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    TR_TRY(const auto batches, log.Read(dead_letters, kLettersPartition, at, kReadBytes));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        at = record.offset.Plus(1);
        if (IsGapEntry(record.value) || record.value.find(digits) == std::string_view::npos) continue;
        TR_TRY(LetterEntry entry, ParseLetterEntry(record.value, record.offset));
        const DeadLetter& letter = entry.letter;
        const bool at_place = letter.partition && *letter.partition == partition && letter.offset == offset;
        const bool settles = entry.kind == LetterKind::kSettled && letter.name.ends_with(name_end);
        if (!at_place && !settles) continue;
        if (settles) TakeNameApart(&entry.letter);
        history.push_back({record.offset, std::move(entry)});
      }
    }
  }
  return history;
}

Result<std::optional<HistoryEntry>> EntryAt(EventLog& log, StreamId dead_letters, Offset at) {
  const auto batches = log.Read(dead_letters, kLettersPartition, at, 1);
  if (!batches && batches.error().code() == ErrorCode::kNotFound) return std::optional<HistoryEntry>();
  if (!batches) return Fail(batches.error());
  for (const LogBatch& batch : *batches) {
    for (const LogRecord& record : batch.records) {
      if (record.offset != at || IsGapEntry(record.value)) continue;
      TR_TRY(LetterEntry entry, ParseLetterEntry(record.value, at));
      return std::optional(HistoryEntry{at, std::move(entry)});
    }
  }
  return std::optional<HistoryEntry>();
}

bool IsAbout(const LetterEntry& entry, std::string_view kind, std::string_view name) {
  const DeadLetter& letter = entry.letter;
  if (letter.materialization.empty()) return true;
  return kind != "rows" && letter.materialization == name && (kind == "collection") == (letter.stage == Stage::kDocument);
}

}  // namespace tailrace::engine
