#include "engine/dead_letters.h"

#include <algorithm>

#include "base/utf8.h"

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{2} << 20;

// Where a search for the letters of a fault may begin; nullopt: there is no such fault.
std::optional<Offset> FirstOf(const std::vector<FaultGroup>& groups, const std::string& fault) {
  std::optional<Offset> first;
  for (const FaultGroup& group : groups) {
    if (!fault.empty() && group.id != fault && group.fault != fault) continue;
    if (!first || group.first < *first) first = group.first;
  }
  return first;
}

}  // namespace

DeadLetters::DeadLetters(EventLog& log, const std::map<std::string, StreamId, std::less<>>& streams, Consumed consumed)
    : log_(log), consumed_(std::move(consumed)) {
  for (const auto& [name, id] : streams) streams_[name] = {id, std::make_unique<LetterIndex>(log, id)};
}

LetterIndex* DeadLetters::index(std::string_view stream) {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : found->second.index.get();
}

Result<DeadLetters::Kept*> DeadLetters::Refreshed(std::string_view stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return Fail(Error::NotFound("no stream " + std::string(stream)));
  TR_RETURN_IF_ERROR(found->second.index->Refresh(
      [&](const PendingRedrive& redrive) { return consumed_ && consumed_(stream, redrive); }));
  return &found->second;
}

Result<FaultList> DeadLetters::Standing(std::string_view stream) {
  TR_TRY(const Kept* kept, Refreshed(stream));
  return FaultList{{}, {}, kept->index->open(), kept->index->pending(), kept->index->untracked()};
}

Result<FaultList> DeadLetters::List(std::string_view stream) {
  TR_TRY(const Kept* kept, Refreshed(stream));
  FaultList list{kept->index->Groups(), {}, kept->index->open(), kept->index->pending(), kept->index->untracked()};
  for (size_t i = 0; i < std::min(list.groups.size(), kExamplesMax); ++i) {
    TR_TRY(std::string example, ExampleOf(kept->id, list.groups[i].example));
    list.examples.push_back(std::move(example));
  }
  return list;
}

Result<std::string> DeadLetters::ExampleOf(StreamId dead_letters, Offset at) {
  TR_TRY(const auto batches, log_.Read(dead_letters, PartitionId{0}, at, 1));
  if (batches.empty() || batches.front().records.empty()) return std::string();
  TR_TRY(const LetterEntry entry, ParseLetterEntry(batches.front().records.front().value, at));
  return CutText(entry.letter.raw, kExampleBytesMax);
}

Result<LetterPage> DeadLetters::Show(std::string_view stream, const LetterFilter& filter) {
  TR_TRY(const Kept* kept, Refreshed(stream));
  const std::vector<FaultGroup> groups = kept->index->Groups();
  const auto first = FirstOf(groups, filter.fault);
  if (!first && !filter.fault.empty()) {
    return Fail(Error::NotFound("stream " + std::string(stream) + " has no dead letters of the fault " + filter.fault));
  }
  LetterPage page;
  if (!first) return page;
  Offset next = filter.after ? std::max(*first, filter.after->Plus(1)) : *first;
  const auto partitions = log_.Partitions(kept->id);
  next = std::max(next, partitions.front().begin);
  const Offset end = kept->index->end();
  while (next < end) {
    TR_TRY(const auto batches, log_.Read(kept->id, PartitionId{0}, next, kReadBytes));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        next = record.offset.Plus(1);
        if (IsGapEntry(record.value)) continue;
        TR_TRY(const LetterHead head, ParseLetterHead(record.value, record.offset));
        if (head.kind != LetterKind::kLetter) continue;
        auto standing = kept->index->StandingOf(head.name, record.offset);
        if (!standing.open && !standing.pending) continue;
        if (!filter.fault.empty() && standing.fault_id != filter.fault && standing.fault != filter.fault) continue;
        if (page.letters.size() == filter.limit) {
          page.next = page.letters.empty() ? filter.after : std::optional(page.letters.back().at);
          return page;
        }
        TR_TRY(LetterEntry entry, ParseLetterEntry(record.value, record.offset));
        page.letters.push_back({record.offset, std::move(entry), std::move(standing.fault_id), standing.pending});
      }
    }
  }
  return page;
}

}  // namespace tailrace::engine
