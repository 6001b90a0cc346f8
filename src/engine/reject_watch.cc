#include "engine/reject_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "config/quantity.h"
#include "engine/append_call.h"
#include "engine/letter_entry.h"
#include "engine/patience.h"

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{2} << 20;

}  // namespace

RejectWatch::RejectWatch(const config::Pipeline& pipeline, const IdsOf& ids_of, EventLog& log, DeadLetters& letters, Clock& clock)
    : log_(log), letters_(letters), clock_(clock) {
  for (const auto& stream : pipeline.streams) {
    auto& watched = watched_.emplace_back();
    if (!stream.max_rejects) continue;
    watched = std::make_unique<Watched>(*stream.max_rejects);
    watched->stream = stream.name;
    watched->ids = ids_of(stream.name);
    log_.Subscribe(watched->ids.dead_letters, [this] { Wake(); });
  }
}

void RejectWatch::Start() {
  const bool any = std::any_of(watched_.begin(), watched_.end(), [](const auto& watched) { return watched != nullptr; });
  if (any) thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void RejectWatch::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void RejectWatch::Wake() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  woken_.notify_all();
}

void RejectWatch::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    LookAtAll();
    if (!SleepUnlessStopped(kBetweenLooks.count(), stop)) return;
    std::unique_lock lock(mutex_);
    (void)woken_.wait_for(lock, stop, kLookAgain, [&] { return changed_; });
    changed_ = false;
  }
}

RejectWatch::Watched* RejectWatch::Find(std::string_view stream) const {
  const auto found = std::find_if(watched_.begin(), watched_.end(),
                                  [&](const auto& watched) { return watched != nullptr && watched->stream == stream; });
  return found == watched_.end() ? nullptr : found->get();
}

std::optional<RejectTrouble> RejectWatch::Look(std::string_view stream) {
  Watched* watched = Find(stream);
  return watched == nullptr ? std::nullopt : Look(*watched);
}

void RejectWatch::LookAtAll() {
  for (const auto& watched : watched_) {
    if (watched != nullptr) (void)Look(*watched);
  }
}

std::optional<RejectTrouble> RejectWatch::Known(size_t stream) const {
  if (watched_[stream] == nullptr) return std::nullopt;
  const std::lock_guard lock(watched_[stream]->mutex);
  return watched_[stream]->trouble;
}

std::vector<RejectStanding> RejectWatch::Standings() const {
  std::vector<RejectStanding> standings;
  for (const auto& watched : watched_) {
    if (watched == nullptr) continue;
    const std::lock_guard lock(watched->mutex);
    standings.push_back({watched->stream, watched->limit.text, watched->counts, watched->trouble});
  }
  return standings;
}

std::optional<RejectTrouble> RejectWatch::Look(Watched& watched) {
  const std::lock_guard one(watched.look_mutex);
  const auto counts = Count(watched);
  const std::lock_guard lock(watched.mutex);
  // A log that cannot be read tells so itself; it says nothing about what was refused.
  if (!counts) return watched.trouble;
  const bool was = watched.trouble.has_value();
  watched.counts = *counts;
  watched.trouble.reset();
  if (IsOver(watched.limit, *counts)) watched.trouble = RejectTrouble{Reason(watched, *counts), watched.limit.pauses};
  watched.pauses = watched.trouble && watched.limit.pauses;
  if (watched.trouble && !was) LogWarning("too many dead letters", {{"stream", watched.stream}, {"reason", watched.trouble->reason}});
  if (!watched.trouble && was) LogInfo("few enough dead letters again", {{"stream", watched.stream}});
  return watched.trouble;
}

Result<RejectCounts> RejectWatch::Count(Watched& watched) {
  const config::RejectLimit& limit = watched.limit;
  if (limit.window_ms == 0) {
    TR_TRY(const FaultList standing, letters_.Standing(watched.stream));
    const int64_t open = standing.open + standing.untracked;
    // Which of them came since the last Resume takes a search, so it is left where the answer is known.
    return RejectCounts{open > limit.count ? letters_.index(watched.stream)->OpenSinceResume() : open, 0};
  }
  const int64_t now_ms = clock_.Now().millis();
  TR_RETURN_IF_ERROR(ReadNew(watched, now_ms));
  const RejectWindow::Letters letters = watched.window.Count(now_ms);
  if (!limit.percent || letters.all == 0) return RejectCounts{letters.all, letters.not_in_log};
  const int64_t from_ms = std::max(watched.window.BeginAt(now_ms), watched.counts_from_ms);
  TR_TRY(const int64_t accepted, RecordsSince(watched.ids.records, from_ms));
  return RejectCounts{letters.all, accepted + letters.not_in_log};
}

Status RejectWatch::ReadNew(Watched& watched, int64_t now_ms) {
  constexpr PartitionId kOnly{0};
  const StreamId stream = watched.ids.dead_letters;
  if (!watched.next) {
    TR_TRY(watched.next, log_.OffsetOfTime(stream, kOnly, watched.window.BeginAt(now_ms)));
  }
  const auto partitions = log_.Partitions(stream);
  while (*watched.next < partitions.front().end) {
    TR_TRY(const auto batches, log_.Read(stream, kOnly, *watched.next, kReadBytes));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        watched.next = record.offset.Plus(1);
        if (IsGapEntry(record.value)) continue;
        TR_TRY(const LetterHead head, ParseLetterHead(record.value, record.offset));
        if (head.kind == LetterKind::kLetter && !head.redrive) watched.window.Add(head.time_ms, head.in_log);
        if (head.kind != LetterKind::kResumed) continue;
        watched.window.Clear();
        watched.counts_from_ms = head.time_ms;
      }
    }
  }
  return {};
}

Result<int64_t> RejectWatch::RecordsSince(StreamId stream, int64_t time_ms) const {
  int64_t records = 0;
  const auto partitions = log_.Partitions(stream);
  for (size_t p = 0; p < partitions.size(); ++p) {
    TR_TRY(const Offset first, log_.OffsetOfTime(stream, PartitionId{static_cast<int32_t>(p)}, time_ms));
    records += partitions[p].end.value - first.value;
  }
  return records;
}

std::string RejectWatch::Reason(const Watched& watched, const RejectCounts& counts) const {
  const config::RejectLimit& limit = watched.limit;
  std::string text = fmt::format("stream {} has {} ", watched.stream, counts.letters);
  if (limit.window_ms == 0) {
    text += "open dead letters";
  } else if (limit.percent) {
    text += fmt::format("dead letters among the {} records of the last {}", counts.records, config::DurationText(limit.window_ms));
  } else {
    text += fmt::format("dead letters of the last {}", config::DurationText(limit.window_ms));
  }
  return text + ", more than its max_rejects: " + limit.text;
}

Status RejectWatch::Resume(std::string_view stream) {
  if (letters_.index(stream) == nullptr) return Fail(Error::NotFound("no stream " + std::string(stream)));
  Watched* watched = Find(stream);
  if (watched == nullptr) return Fail(Error::Invalid(fmt::format("stream {} has no max_rejects, so nothing holds it up", stream)));
  const std::string entry = ResumedJson(stream, clock_.Now());
  const std::vector<NewRecord> records = {{entry, std::nullopt}};
  AppendRequest request;
  request.stream = watched->ids.dead_letters;
  request.records = records;
  if (auto appended = AppendAndWait(log_, request); !appended) return Fail(appended.error());
  (void)Look(*watched);
  return {};
}

}  // namespace tailrace::engine
