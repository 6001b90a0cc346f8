#include "engine/recount.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "engine/auditor.h"
#include "engine/letter_entry.h"
#include "model/record_decoder.h"

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;
constexpr PartitionId kLettersPartition{0};

using Place = std::pair<int32_t, int64_t>;  // partition and offset

// Which records of a stream its dead-letter log says could not be taken, by whom.
struct LetterBook {
  std::map<std::string, std::set<Place>> by_materialization;  // "" for those that no longer fit the schema
};

class LetterReader {
 public:
  LetterReader(EventLog& log, StreamId id) : log_(log), id_(id) {}

  Result<LetterBook> Read(const std::stop_token& stop) {
    const auto partitions = log_.Partitions(id_);
    if (partitions.empty()) return std::move(book_);
    Offset at = partitions.front().begin;
    while (at < partitions.front().end) {
      if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
      TR_TRY(const auto batches, log_.Read(id_, kLettersPartition, at, kReadBytes));
      for (const LogBatch& batch : batches) {
        for (const LogRecord& record : batch.records) {
          at = record.offset.Plus(1);
          if (IsGapEntry(record.value)) continue;
          TR_TRY(const LetterEntry entry, ParseLetterEntry(record.value, record.offset));
          Take(entry);
        }
      }
      if (batches.empty()) break;
    }
    return std::move(book_);
  }

 private:
  void Take(const LetterEntry& entry) {
    const DeadLetter& letter = entry.letter;
    const std::string name = letter.name.empty() ? DeadLetterName(letter) : letter.name;
    if (entry.kind == LetterKind::kSettled) {
      if (const auto known = places_.find(name); known != places_.end()) known->second.first->erase(known->second.second);
      return;
    }
    if (entry.kind != LetterKind::kLetter || !letter.partition) return;
    std::set<Place>& places = book_.by_materialization[letter.materialization];
    const Place place{letter.partition->value, letter.offset.value};
    places.insert(place);
    places_.insert_or_assign(name, std::pair(&places, place));
  }

  EventLog& log_;
  const StreamId id_;
  LetterBook book_;
  std::map<std::string, std::pair<std::set<Place>*, Place>> places_;
};

// One materialisation while its records are counted.
struct Tally {
  AuditedMaterialization* of = nullptr;
  const std::set<Place>* letters = nullptr;  // null: none
  int64_t letters_met = 0;
  Flow flow;
};

std::string Name(const std::string& stream, const Place& place) {
  return fmt::format("record {}/{}:{}", stream, place.first, place.second);
}

class Recounter {
 public:
  Recounter(const RecountInputs& inputs, LetterBook book, RecordDecoder decoder)
      : inputs_(inputs), book_(std::move(book)), decoder_(std::move(decoder)) {}

  Status Run(const std::vector<AuditedMaterialization*>& members, const std::stop_token& stop) {
    for (AuditedMaterialization* member : members) {
      const auto letters = book_.by_materialization.find(member->name);
      tallies_.push_back({member, letters == book_.by_materialization.end() ? nullptr : &letters->second, 0, {}});
    }
    for (int32_t partition = 0; partition < inputs_.stream.partitions; ++partition) TR_RETURN_IF_ERROR(CountPartition(partition, stop));
    TR_RETURN_IF_ERROR(CountSentAgain(stop));
    for (Tally& tally : tallies_) Compare(tally);
    return {};
  }

 private:
  static Offset At(const Positions& positions, int32_t partition) {
    const auto p = static_cast<size_t>(partition);
    return p < positions.size() ? positions[p] : Offset{};
  }

  Status CountPartition(int32_t partition, const std::stop_token& stop) {
    const PartitionStatus held = inputs_.log.Partitions(inputs_.ids.records)[static_cast<size_t>(partition)];
    Offset end;
    std::optional<Offset> begin;
    for (Tally& tally : tallies_) {
      const Offset from = At(tally.of->counted_from, partition);
      if (from < held.begin) SayDropped(tally, partition, held.begin);
      begin = std::min(begin.value_or(from), from);
      end = std::max(end, At(tally.of->positions, partition));
    }
    for (Offset at = std::max(begin.value_or(Offset{}), held.begin); at < end;) {
      if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
      TR_TRY(const auto batches, inputs_.log.Read(inputs_.ids.records, PartitionId{partition}, at, kReadBytes));
      if (batches.empty()) break;  // shorter than the positions say: the counters will differ
      TR_RETURN_IF_ERROR(CountBatches(batches, end, &at));
    }
    return {};
  }

  static void SayDropped(Tally& tally, int32_t partition, Offset begin) {
    Differ(tally, fmt::format("partition {} is held from offset {} on: what was there before cannot be counted again", partition, begin.value));
  }

  Status CountBatches(const std::vector<LogBatch>& batches, Offset end, Offset* at) {
    TR_TRY(const auto rows, inputs_.judge.NewBatch(inputs_.stream.name));
    std::vector<Place> row_places;
    std::vector<Place> undecodable;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        if (record.offset < *at || record.offset >= end) continue;
        const Place place{batch.partition.value, record.offset.value};
        if (decoder_.Decode(record.value, &rows->rows())) {
          rows->Stamp(batch.partition, record.offset, record.seq, batch.timestamp_ms, record.value);
          rows->rows().CommitRow();
          row_places.push_back(place);
        } else {
          undecodable.push_back(place);
        }
      }
      if (!batch.records.empty()) *at = std::max(*at, batch.records.back().offset.Plus(1));
    }
    for (Tally& tally : tallies_) {
      CountUndecodable(tally, undecodable);
      TR_RETURN_IF_ERROR(CountRows(tally, *rows, row_places));
    }
    return {};
  }

  // Records that were sent again are read once more, by those alone that had refused them.
  Status CountSentAgain(const std::stop_token& stop) {
    const auto partitions = inputs_.log.Partitions(inputs_.ids.dead_letters);
    Offset end;
    for (const Tally& tally : tallies_) end = std::max(end, tally.of->letters);
    for (Offset at = partitions.empty() ? end : partitions.front().begin; at < end;) {
      if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
      TR_TRY(const auto batches, inputs_.log.Read(inputs_.ids.dead_letters, kLettersPartition, at, kReadBytes));
      if (batches.empty()) break;
      for (const LogBatch& batch : batches) {
        for (const LogRecord& record : batch.records) {
          at = record.offset.Plus(1);
          if (!IsRedriveEntry(record.value)) continue;
          TR_TRY(const LetterEntry entry, ParseLetterEntry(record.value, record.offset));
          if (entry.letter.partition) TR_RETURN_IF_ERROR(CountSent(record.offset, entry.letter));
        }
      }
    }
    return {};
  }

  Status CountSent(Offset at, const DeadLetter& sent) {
    TR_TRY(const auto rows, inputs_.judge.NewBatch(inputs_.stream.name));
    std::string text = sent.raw;
    text.resize(text.size() + RecordDecoder::kPadding);
    const std::string_view json = std::string_view(text).substr(0, sent.raw.size());
    const bool fits = decoder_.Decode(json, &rows->rows()).has_value();
    if (fits) {
      rows->Stamp(*sent.partition, sent.offset, sent.seq, sent.ingested_at_ms, json);
      rows->rows().CommitRow();
    }
    for (Tally& tally : tallies_) {
      const bool is_document = tally.of->kind == "collection";
      const bool meant = sent.materialization.empty() || (sent.materialization == tally.of->name && tally.of->kind != "rows" &&
                                                          is_document == (sent.stage == Stage::kDocument));
      const Place place{sent.partition->value, sent.offset.value};
      const auto letters = book_.by_materialization.find(sent.materialization);
      const bool refused = letters != book_.by_materialization.end() && letters->second.contains(place);
      if (!meant || !refused || at >= tally.of->letters) continue;
      ++tally.flow.read;
      TR_TRY(int64_t* const fate, FateOf(tally, fits ? rows.get() : nullptr));
      ++*fate;
    }
    return {};
  }

  // Which counter a single row belongs to; null: it does not fit the schema.
  Result<int64_t*> FateOf(Tally& tally, const StreamBatch* row) {
    if (row == nullptr) return &tally.flow.dead_lettered;
    if (tally.of->kind == "rows") return &tally.flow.emitted;
    const auto emitted = inputs_.judge.Emitted(tally.of->name, *row, {0, 1}, {});
    if (!emitted && emitted.error().code() != ErrorCode::kInvalid) return Fail(emitted.error());
    if (!emitted) return &tally.flow.dead_lettered;
    return emitted->empty() ? &tally.flow.filtered : &tally.flow.emitted;
  }

  static bool Counts(const Tally& tally, const Place& place) {
    return Offset{place.second} >= At(tally.of->counted_from, place.first) && Offset{place.second} < At(tally.of->positions, place.first);
  }

  void CountUndecodable(Tally& tally, const std::vector<Place>& places) {
    const std::set<Place>& letters = book_.by_materialization[""];
    for (const Place& place : places) {
      if (!Counts(tally, place)) continue;
      ++tally.flow.read;
      ++tally.flow.dead_lettered;
      if (!letters.contains(place)) Differ(tally, Name(inputs_.stream.name, place) + " does not fit the schema, and is in no dead letter");
    }
  }

  Status CountRows(Tally& tally, const StreamBatch& rows, const std::vector<Place>& places) {
    std::vector<size_t> wanted;
    std::vector<size_t> excluded;
    for (size_t row = 0; row < places.size(); ++row) {
      const bool counts = Counts(tally, places[row]);
      const bool refused = counts && tally.letters != nullptr && tally.letters->contains(places[row]);
      if (counts) ++tally.flow.read;
      if (counts && !refused) wanted.push_back(row);
      if (!counts || refused) excluded.push_back(row);
      if (refused) TR_RETURN_IF_ERROR(CountRefused(tally, rows, row, places[row]));
    }
    if (tally.of->kind == "rows") {
      tally.flow.emitted += static_cast<int64_t>(wanted.size());
      return {};
    }
    std::vector<size_t> emitted;
    TR_RETURN_IF_ERROR(Judge(tally, rows, {0, places.size()}, excluded, places, &emitted));
    tally.flow.emitted += static_cast<int64_t>(emitted.size());
    for (const size_t row : wanted) {
      if (!std::binary_search(emitted.begin(), emitted.end(), row) && !blamed_.contains(row)) ++tally.flow.filtered;
    }
    blamed_.clear();
    return {};
  }

  // A record that a letter names must fail by itself.
  Status CountRefused(Tally& tally, const StreamBatch& rows, size_t row, const Place& place) {
    ++tally.letters_met;
    const auto alone = inputs_.judge.Emitted(tally.of->name, rows, {row, row + 1}, {});
    if (!alone && alone.error().code() != ErrorCode::kInvalid) return Fail(alone.error());
    ++tally.flow.dead_lettered;
    if (alone) Differ(tally, Name(inputs_.stream.name, place) + " is in the dead letters, though it can be taken");
    return {};
  }

  // By halves where the range fails whole: a record that fails alone should be in the dead letters.
  Status Judge(Tally& tally, const StreamBatch& rows, RowRange range, const std::vector<size_t>& excluded, const std::vector<Place>& places,
               std::vector<size_t>* emitted) {
    const auto found = inputs_.judge.Emitted(tally.of->name, rows, range, excluded);
    if (found) {
      emitted->insert(emitted->end(), found->begin(), found->end());
      return {};
    }
    if (found.error().code() != ErrorCode::kInvalid) return Fail(found.error());
    if (range.end - range.begin <= 1) {
      blamed_.insert(range.begin);
      Differ(tally, fmt::format("{} cannot be taken, and is in no dead letter: {}", Name(inputs_.stream.name, places[range.begin]),
                                found.error().message()));
      return {};
    }
    const size_t middle = range.begin + (range.end - range.begin) / 2;
    TR_RETURN_IF_ERROR(Judge(tally, rows, {range.begin, middle}, excluded, places, emitted));
    return Judge(tally, rows, {middle, range.end}, excluded, places, emitted);
  }

  static void Differ(Tally& tally, std::string difference) {
    if (tally.of->difference.empty()) tally.of->difference = std::move(difference);
  }

  static void Compare(Tally& tally) {
    tally.of->recount = tally.flow;
    const auto compare = [&](const char* what, int64_t committed, int64_t counted) {
      if (committed != counted) Differ(tally, fmt::format("{} {} by its counters, {} by the log", what, committed, counted));
    };
    const Flow& committed = tally.of->flow;
    compare("read", committed.read, tally.flow.read);
    compare("dead-lettered", committed.dead_lettered, tally.flow.dead_lettered);
    compare("filtered", committed.filtered, tally.flow.filtered);
    compare("emitted", committed.emitted, tally.flow.emitted);
    const int64_t letters = LettersBelow(tally);
    if (letters != tally.letters_met) Differ(tally, fmt::format("{} dead letters name records of it, and {} of them are in the log", letters, tally.letters_met));
  }

  static int64_t LettersBelow(const Tally& tally) {
    if (tally.letters == nullptr) return 0;
    return std::count_if(tally.letters->begin(), tally.letters->end(), [&](const Place& place) { return Counts(tally, place); });
  }

  const RecountInputs& inputs_;
  LetterBook book_;
  RecordDecoder decoder_;
  std::vector<Tally> tallies_;
  std::set<size_t> blamed_;  // rows of the batch in hand that failed without a letter
};

}  // namespace

Status RecountStream(const RecountInputs& inputs, const std::vector<AuditedMaterialization*>& members, const std::stop_token& stop) {
  TR_TRY(auto book, LetterReader(inputs.log, inputs.ids.dead_letters).Read(stop));
  TR_TRY(auto decoder, RecordDecoder::Compile(inputs.stream.schema, ""));
  Recounter recounter(inputs, std::move(book), std::move(decoder));
  return recounter.Run(members, stop);
}

}  // namespace tailrace::engine
