#include "engine/letter_index.h"

#include <algorithm>

#include "engine/fault_name.h"

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;
constexpr std::string_view kOtherFaults = "other faults";

}  // namespace

LetterIndex::LetterIndex(EventLog& log, StreamId dead_letters, LetterLimits limits)
    : log_(log), stream_(dead_letters), limits_(limits) {}

// FNV-1a for 128 bits: names that differ never meet.
LetterIndex::Hash LetterIndex::HashName(std::string_view name) {
  constexpr Hash kBasis = (Hash{0x6c62272e07bb0142} << 64) | Hash{0x62b821756295c58d};
  constexpr Hash kPrime = (Hash{0x0000000001000000} << 64) | Hash{0x000000000000013b};
  Hash hash = kBasis;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash;
}

Status LetterIndex::Refresh(const Consumed& consumed) {
  const std::lock_guard one(refresh_mutex_);
  std::vector<int64_t> done;
  if (consumed) {
    const std::lock_guard lock(mutex_);
    for (const auto& [at, waiting] : pending_) {
      const FaultGroup& group = groups_[static_cast<size_t>(names_.at(waiting.hash).group)];
      if (consumed({Offset{at}, group.stage, group.materialization, waiting.in_log})) done.push_back(at);
    }
  }
  const auto partitions = log_.Partitions(stream_);
  if (partitions.empty()) return {};
  if (next_ < partitions.front().begin) next_ = partitions.front().begin;
  while (next_ < partitions.front().end) {
    TR_TRY(const auto batches, log_.Read(stream_, PartitionId{0}, next_, kReadBytes));
    if (batches.empty()) break;
    const std::lock_guard lock(mutex_);
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        if (!IsGapEntry(record.value)) {
          TR_TRY(const LetterHead head, ParseLetterHead(record.value, record.offset));
          Fold(record.offset, record.seq, head);
        }
        next_ = record.offset.Plus(1);
      }
    }
  }
  const std::lock_guard lock(mutex_);
  CloseConsumed(done);
  return {};
}

void LetterIndex::Fold(Offset at, Seq seq, const LetterHead& head) {
  if (head.kind == LetterKind::kRedrive && head.in_log) in_log_redrives_.push_back({at, seq});
  switch (head.kind) {
    case LetterKind::kLetter: return FoldLetter(at, head);
    case LetterKind::kRedrive: return FoldRedrive(at, head);
    case LetterKind::kSettled: {
      const auto found = names_.find(HashName(head.name));
      if (found == names_.end()) return;
      Close(found->first, found->second, State::kSettled);
      found->second.redrive = at.value;
      return;
    }
    case LetterKind::kResumed:
      resumed_ = at.value;
      untracked_before_resume_ = untracked_;
  }
}

void LetterIndex::FoldLetter(Offset at, const LetterHead& head) {
  const Hash hash = HashName(head.name);
  auto found = names_.find(hash);
  const int64_t attempt = head.redrive ? head.redrive->value : -1;
  if (found == names_.end()) {
    if (names_.size() >= limits_.names_max) {
      ++untracked_;
      return;
    }
    found = names_.try_emplace(hash).first;
  } else {
    if (found->second.state != State::kSettled && attempt <= found->second.attempt) return;  // said before
    Close(hash, found->second, State::kClosed);
  }
  Name& name = found->second;
  name.letter = at.value;
  name.attempt = attempt;
  name.state = State::kOpen;
  name.group = GroupOf(head);
  FaultGroup& group = groups_[static_cast<size_t>(name.group)];
  if (group.open + group.pending == 0) {
    group.first_ms = head.time_ms;
    group.first = at;
  }
  group.last_ms = head.time_ms;
  group.example = at;
  ++group.open;
}

void LetterIndex::FoldRedrive(Offset at, const LetterHead& head) {
  const auto found = names_.find(HashName(head.name));
  if (found == names_.end() || found->second.state != State::kOpen || found->second.letter != head.answers.value) return;
  Count(found->second, -1);
  found->second.state = State::kPending;
  found->second.redrive = at.value;
  Count(found->second, 1);
  pending_[at.value] = {found->first, head.in_log};
}

void LetterIndex::Count(const Name& name, int64_t by) {
  FaultGroup& group = groups_[static_cast<size_t>(name.group)];
  if (name.state == State::kOpen) group.open += by;
  if (name.state == State::kPending) group.pending += by;
}

void LetterIndex::Close(const Hash& hash, Name& name, State state) {
  Count(name, -1);
  if (name.state == State::kPending) {
    const auto entry = pending_.find(name.redrive);
    if (entry != pending_.end() && entry->second.hash == hash) pending_.erase(entry);
  }
  name.state = state;
}

void LetterIndex::CloseConsumed(const std::vector<int64_t>& done) {
  for (const int64_t at : done) {
    const auto entry = pending_.find(at);
    if (entry == pending_.end()) continue;  // it failed again: a newer letter has taken its place
    const Hash hash = entry->second.hash;
    Close(hash, names_.at(hash), State::kClosed);
  }
}

int32_t LetterIndex::GroupOf(const LetterHead& head) {
  std::string fault = head.fault;
  std::string id = FaultId(head.stage, head.materialization, fault);
  if (!group_by_id_.contains(id) && groups_.size() >= limits_.groups_max) {
    fault = kOtherFaults;
    id = FaultId(head.stage, head.materialization, fault);
  }
  const auto [found, added] = group_by_id_.try_emplace(id, static_cast<int32_t>(groups_.size()));
  if (added) {
    FaultGroup group;
    group.id = id;
    group.fault = std::move(fault);
    group.stage = head.stage;
    group.materialization = head.materialization;
    groups_.push_back(std::move(group));
  }
  return found->second;
}

std::vector<FaultGroup> LetterIndex::Groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<FaultGroup> groups;
  for (const FaultGroup& group : groups_) {
    if (group.open + group.pending > 0) groups.push_back(group);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const FaultGroup& a, const FaultGroup& b) {
    return a.open + a.pending > b.open + b.pending;
  });
  return groups;
}

int64_t LetterIndex::open() const {
  const std::lock_guard lock(mutex_);
  int64_t open = 0;
  for (const FaultGroup& group : groups_) open += group.open;
  return open;
}

int64_t LetterIndex::pending() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(pending_.size());
}

int64_t LetterIndex::untracked() const {
  const std::lock_guard lock(mutex_);
  return untracked_;
}

LetterIndex::Standing LetterIndex::StandingOf(std::string_view name, Offset at) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(HashName(name));
  if (found == names_.end() || found->second.letter != at.value) return {};
  const FaultGroup& group = groups_[static_cast<size_t>(found->second.group)];
  return {found->second.state == State::kOpen, found->second.state == State::kPending, group.id, group.fault};
}

LetterVerdict LetterIndex::Judge(const DeadLetter& letter) const {
  const std::string text = DeadLetterName(letter);
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(HashName(text));
  if (found == names_.end()) return {false, DeadLetterKey(letter)};
  const Name& name = found->second;
  // Settled means that a rebuild took the record: that it is refused now is new.
  if (name.state == State::kSettled) return {false, DeadLetterKey(letter) + "@" + std::to_string(name.redrive)};
  const int64_t attempt = letter.redrive ? letter.redrive->value : -1;
  return {attempt <= name.attempt, DeadLetterKey(letter)};
}

bool LetterIndex::IsRefused(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.find(HashName(name));
  return found != names_.end() && (found->second.state == State::kOpen || found->second.state == State::kPending);
}

int64_t LetterIndex::OpenSinceResume() const {
  const std::lock_guard lock(mutex_);
  const auto tracked = std::count_if(names_.begin(), names_.end(), [&](const auto& entry) {
    return entry.second.state == State::kOpen && entry.second.letter > resumed_;
  });
  return tracked + untracked_ - untracked_before_resume_;
}

int64_t LetterIndex::FailedAgain(Offset first, Offset end) const {
  const std::lock_guard lock(mutex_);
  return std::count_if(names_.begin(), names_.end(), [&](const auto& entry) {
    const Name& name = entry.second;
    return name.state == State::kOpen && name.attempt >= first.value && name.attempt < end.value;
  });
}

std::optional<LetterIndex::RedrivePlace> LetterIndex::NextRedrive(Offset from) const {
  const std::lock_guard lock(mutex_);
  const auto next = std::lower_bound(in_log_redrives_.begin(), in_log_redrives_.end(), from,
                                     [](const RedrivePlace& place, Offset offset) { return place.at < offset; });
  return next == in_log_redrives_.end() ? std::nullopt : std::optional(*next);
}

int64_t LetterIndex::RedrivesBelow(Offset letters) const {
  const std::lock_guard lock(mutex_);
  const auto next = std::lower_bound(in_log_redrives_.begin(), in_log_redrives_.end(), letters,
                                     [](const RedrivePlace& place, Offset offset) { return place.at < offset; });
  return next - in_log_redrives_.begin();
}

Offset LetterIndex::end() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

}  // namespace tailrace::engine
