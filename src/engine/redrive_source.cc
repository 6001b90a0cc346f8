#include "engine/redrive_source.h"

#include <algorithm>
#include <utility>

#include "model/record_decoder.h"

namespace tailrace::engine {

Result<SourceBatch> RedriveSource::Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) {
  if (!std::exchange(opened_, true)) {
    const auto start = resume(kRedriveItem);
    if (start) next_ = Offset{start->next};
  }
  SourceBatch batch;
  batch.item = kRedriveItem;
  batch.item_name = kRedriveItem;
  texts_.clear();
  entries_.clear();
  places_.clear();
  const auto partitions = log_.Partitions(stream_);
  if (partitions.empty()) return Fail(Error::Internal("no dead-letter stream"));
  next_ = std::max(next_, partitions.front().begin);
  while (batch.rows.empty() && next_ < partitions.front().end) {
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    TR_TRY(const auto batches, log_.Read(stream_, PartitionId{0}, next_, bytes_max));
    if (batches.empty()) break;
    for (const LogBatch& read : batches) {
      for (const LogRecord& record : read.records) {
        if (IsRedriveEntry(record.value)) {
          TR_TRY(LetterEntry entry, ParseLetterEntry(record.value, record.offset));
          if (!entry.letter.partition) Take(record, std::move(entry), &batch);
        }
        next_ = record.offset.Plus(1);
      }
    }
  }
  batch.next = next_.value;
  batch.end = batch.rows.empty();
  return batch;
}

void RedriveSource::Take(const LogRecord& record, LetterEntry entry, SourceBatch* batch) {
  std::string& text = texts_.emplace_back(entry.letter.raw);
  const size_t size = text.size();
  text.resize(size + RecordDecoder::kPadding);
  SourceRow row;
  row.json = std::string_view(text).substr(0, size);
  row.raw = row.json;
  row.place = record.offset.value;
  batch->rows.push_back(row);
  entries_.push_back(std::move(entry));
  places_.push_back(record.offset);
}

void RedriveSource::KeepName(DeadLetter* letter) const {
  const auto place = std::lower_bound(places_.begin(), places_.end(), Offset{letter->place});
  if (place == places_.end() || place->value != letter->place) return;
  const DeadLetter& before = entries_[static_cast<size_t>(place - places_.begin())].letter;
  letter->redrive = *place;
  letter->name = before.name;
  letter->source = before.source;
  letter->item = before.item;
  letter->place = before.place;
  letter->line = before.line;
  letter->request = before.request;
  letter->record.clear();
}

}  // namespace tailrace::engine
