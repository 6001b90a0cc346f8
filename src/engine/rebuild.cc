// Engine::Rebuild: the same feed and the same keepers over the whole log, into a shadow.
#include "engine/rebuild.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/crash_point.h"
#include "base/check.h"
#include "engine/append_call.h"
#include "engine/engine.h"
#include "engine/patience.h"
#include "engine/plan.h"
#include "engine/shadow_compare.h"

namespace tailrace::engine {
namespace {

// Rounds in which the shadow runs after the end of the log while the live state goes on; a log that grows faster than
// it is read is then held off from the live state (not from its senders) for the rest.
constexpr int kCatchUpRoundsMax = 8;

// Letters looked at together when those that the shadow has taken are closed.
constexpr size_t kSettledPage = 1000;

template <typename Specs>
bool Names(const Specs& specs, std::string_view name) {
  return std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
}

int64_t RecordsBelow(const Positions& positions) {
  int64_t records = 0;
  for (const Offset offset : positions) records += offset.value;
  return records;
}

// Sets its flag until it goes out of scope.
class FlagHold {
 public:
  explicit FlagHold(std::atomic<bool>& flag) : flag_(flag), held_(!flag.exchange(true)) {}
  ~FlagHold() {
    if (held_) flag_ = false;
  }
  FlagHold(const FlagHold&) = delete;
  FlagHold& operator=(const FlagHold&) = delete;
  bool held() const { return held_; }

 private:
  std::atomic<bool>& flag_;
  const bool held_;
};

}  // namespace

struct Engine::ShadowBuild {
  WorkKind kind = WorkKind::kTable;
  std::string name;
  std::string stream;
  std::string shadow;
  RebuildOptions options;
  RebuildListener& listener;
  std::stop_token stop;
  std::unique_ptr<StreamFeed> feed = nullptr;
  bool told_half = false;
  RebuildOutcome outcome = {};

  std::string_view kind_name() const { return KindName(kind); }
};

Result<Materialization> Engine::FindRebuildable(std::string_view name, std::string* stream) const {
  if (const auto* spec = FindStream(pipeline_, name); spec != nullptr) {
    if (!spec->store) return Fail(Error::Invalid("the rows of " + spec->name + " are not stored"));
    *stream = spec->name;
    return Materialization{WorkKind::kRows, spec->name};
  }
  for (const auto& table : pipeline_.tables) {
    if (table.name != name) continue;
    *stream = table.stream;
    return Materialization{WorkKind::kTable, table.name};
  }
  for (const auto& collection : pipeline_.collections) {
    if (collection.name != name) continue;
    if (collection.stream.empty()) {
      return Fail(Error::Invalid(collection.name + " is over views: it is rewritten after every commit that changes it"));
    }
    *stream = collection.stream;
    return Materialization{WorkKind::kCollection, collection.name};
  }
  if (Names(pipeline_.views, name)) return Fail(Error::Invalid(std::string(name) + " is a view: it keeps nothing"));
  return Fail(Error::NotFound("no stream, table or collection " + std::string(name)));
}

// What is gone from the log cannot be computed again from it.
Status Engine::CheckLogIsWhole(const std::string& stream) const {
  const auto partitions = log_.Partitions(streams_.find(stream)->second.records);
  for (size_t p = 0; p < partitions.size(); ++p) {
    if (partitions[p].begin.value == 0) continue;
    return Fail(Error::Conflict("the log of " + stream + " begins at offset " + std::to_string(partitions[p].begin.value) +
                                " in partition " + std::to_string(p) + ": a rebuild would lose what came before"));
  }
  return {};
}

Status Engine::CheckRebuild(std::string_view name) const {
  std::string stream;
  TR_TRY(const Materialization found, FindRebuildable(name, &stream));
  (void)found;
  TR_RETURN_IF_ERROR(CheckLogIsWhole(stream));
  if (rebuilding_) return Fail(Error::Conflict("another rebuild is running: one at a time"));
  return {};
}

Result<RebuildOutcome> Engine::Rebuild(std::string_view name, const RebuildOptions& options, RebuildListener& listener,
                                       const std::stop_token& stop) {
  const auto began = std::chrono::steady_clock::now();
  std::string stream;
  TR_TRY(const Materialization found, FindRebuildable(name, &stream));
  TR_RETURN_IF_ERROR(CheckLogIsWhole(stream));
  const FlagHold only_one(rebuilding_);
  if (!only_one.held()) return Fail(Error::Conflict("another rebuild is running: one at a time"));
  ShadowBuild build{found.kind, found.name, stream, found.name + std::string(Warehouse::kShadowSuffix), options, listener, stop};
  TR_RETURN_IF_ERROR(BeginShadow(build));
  const Status finished = FinishShadow(build);
  progress_.Remove(build.kind_name(), build.shadow);
  refusals_.Forget(build.shadow);
  feeders_.at(stream)->Wake();
  if (!build.outcome.swapped) {
    // What it takes of the disk is given back; it is gone after a restart in any case.
    const Status forgotten = ForgetShadow(build);
    if (finished && !forgotten) return Fail(forgotten.error());
  }
  if (!finished) return Fail(finished.error());
  RebuildOutcome& outcome = build.outcome;
  outcome.rows = RecordsBelow(build.feed->Lowest().records);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return outcome;
}

// Definitions of stored rows change on the tables' thread too: they are one warehouse.
Worker& Engine::DefiningWorker(WorkKind kind) { return kind == WorkKind::kCollection ? collection_worker_ : table_worker_; }

Worker& Engine::WorkerOf(WorkKind kind) {
  return kind == WorkKind::kRows ? rows_worker_ : kind == WorkKind::kTable ? table_worker_ : collection_worker_;
}

Standing& Engine::StandingOf(WorkKind kind) {
  return kind == WorkKind::kRows ? rows_keeper_.standing() : kind == WorkKind::kTable ? table_keeper_.standing() : collection_keeper_.standing();
}

Status Engine::BeginShadow(ShadowBuild& build) {
  // On the worker's own thread, so after every batch that an earlier rebuild of the same name left in its queue.
  TR_RETURN_IF_ERROR(WorkerOf(build.kind).RunThere(
      [&]() -> Status {
        StandingOf(build.kind).Resume(build.shadow);
        return {};
      },
      build.stop));
  const bool is_document = build.kind == WorkKind::kCollection;
  TR_RETURN_IF_ERROR(DefiningWorker(build.kind).RunThere(
      [&] { return is_document ? documents_.BeginShadow(build.name) : warehouse_.BeginShadow(build.name); }, build.stop));
  TR_CRASH_POINT("rebuild.shadow_started");
  const auto* spec = FindStream(pipeline_, build.stream);
  TR_TRY(build.feed, NewFeed(*spec));
  const Positions none(static_cast<size_t>(spec->partitions));
  build.feed->Add({build.kind, build.shadow}, none);
  MaterializationProgress progress;
  progress.name = build.shadow;
  progress.kind = std::string(build.kind_name());
  progress.stream = build.stream;
  progress.positions = none;
  progress.shadow = true;
  progress_.Add(std::move(progress));
  return {};
}

Positions Engine::LogEnds(const std::string& stream) const {
  Positions ends;
  for (const PartitionStatus& partition : log_.Partitions(streams_.find(stream)->second.records)) ends.push_back(partition.end);
  return ends;
}

Result<bool> Engine::StepShadow(ShadowBuild& build, const FeedPlace* until) {
  if (build.stop.stop_requested()) return Fail(Error::Cancelled("the rebuild was stopped: what was there is still there"));
  TR_RETURN_IF_ERROR(progress_.CheckGoing(build.kind_name(), build.shadow));
  const Dispatch dispatch = [&](const auto& batch, const auto& takers) { return DispatchBatch(batch, takers, build.stop); };
  bool fed = false;
  const auto step = [&]() -> Status {
    TR_TRY(fed, build.feed->Step(dispatch, until));
    return {};
  };
  Endurance endurance(options_.endurance);
  TR_RETURN_IF_ERROR(RetryWhilePassing(step, [](const Error&) {}, endurance, clock_, build.stop));
  const RebuildProgress progress{RecordsBelow(build.feed->Lowest().records), RecordsBelow(LogEnds(build.stream))};
  if (!build.told_half && progress.rows_done * 2 >= progress.rows_all) {
    build.told_half = true;
    TR_CRASH_POINT("rebuild.half");
  }
  build.listener.OnProgress(progress);
  return fed;
}

// Most of the way beside the live feed.
Status Engine::CatchUp(ShadowBuild& build) {
  for (int round = 0; round < kCatchUpRoundsMax; ++round) {
    const Positions ends = LogEnds(build.stream);
    const FeedPlace until{ends, INT64_MAX};
    while (!Covers(build.feed->Lowest().records, ends)) {
      TR_TRY(const bool fed, StepShadow(build, &until));
      if (!fed) return {};  // the rest is not stable yet
    }
    const int64_t behind = RecordsBelow(LogEnds(build.stream)) - RecordsBelow(ends);
    if (behind <= static_cast<int64_t>(options_.feed.batch_rows_max)) return {};
  }
  return {};
}

// While the live feed is held off: both stand at places of the stream's one order, so the one behind is fed up to the other.
Status Engine::MeetLive(ShadowBuild& build, StreamFeed& live) {
  // The live feed's batches must reach all that take them, whatever becomes of the rebuild.
  const Dispatch dispatch_live = [&](const auto& batch, const auto& takers) {
    return DispatchBatch(batch, takers, stop_.get_token());
  };
  while (!live.empty() && live.Lowest() != build.feed->Lowest()) {
    const FeedPlace live_at = live.Lowest();
    const FeedPlace shadow_at = build.feed->Lowest();
    const bool live_behind = Covers(shadow_at, live_at);
    if (live_behind && build.stop.stop_requested()) return Fail(Error::Cancelled("the rebuild was stopped"));
    TR_TRY(const bool fed, live_behind ? live.Step(dispatch_live, &shadow_at) : StepShadow(build, &live_at));
    if (!fed) return Fail(Error::Internal("the shadow of " + build.name + " cannot reach the live state"));
  }
  return progress_.WaitForOne(build.kind_name(), build.shadow, build.feed->Lowest().records, build.stop);
}

Status Engine::ForgetShadow(const ShadowBuild& build) {
  const auto forget = [&]() -> Status {
    const bool is_document = build.kind == WorkKind::kCollection;
    return is_document ? documents_.BeginShadow(build.name) : warehouse_.BeginShadow(build.name);
  };
  TR_RETURN_IF_ERROR(WorkerOf(build.kind).RunThere([]() -> Status { return {}; }, stop_.get_token()));
  return DefiningWorker(build.kind).RunThere(forget, stop_.get_token());
}

Status Engine::Compare(ShadowBuild& build) {
  TR_TRY(const DifferenceCounts counts,
         build.kind == WorkKind::kCollection
             ? CompareDocuments(documents_, build.name, build.listener, build.stop)
             : CompareRows(warehouse_, build.name, build.kind == WorkKind::kRows, build.listener, build.stop));
  build.outcome.compared = true;
  build.outcome.only_in_old = counts.only_in_old;
  build.outcome.only_in_new = counts.only_in_new;
  return {};
}

// A state that another definition made is not fed any more: the new one is held against it where it stands.
Status Engine::CompareAtStoredState(ShadowBuild& build) {
  std::optional<Positions> stands_at;
  for (const ChangedMaterialization& changed : changed()) {
    if (changed.name == build.name) stands_at = changed.positions;
  }
  if (!stands_at) return {};
  const FeedPlace until{*stands_at, INT64_MAX};
  while (!Covers(build.feed->Lowest().records, *stands_at)) {
    TR_TRY(const bool fed, StepShadow(build, &until));
    if (!fed) return Fail(Error::Internal("the shadow of " + build.name + " cannot reach the stored state"));
  }
  TR_RETURN_IF_ERROR(progress_.WaitForOne(build.kind_name(), build.shadow, *stands_at, build.stop));
  return Compare(build);
}

Status Engine::FinishShadow(ShadowBuild& build) {
  if (build.options.diff) TR_RETURN_IF_ERROR(CompareAtStoredState(build));
  TR_RETURN_IF_ERROR(CatchUp(build));
  Feeder& feeder = *feeders_.at(build.stream);
  const auto turn = feeder.TakeTurn();
  TR_RETURN_IF_ERROR(MeetLive(build, feeder.feed()));
  // Nothing that was meant for the old state may come to the new one: what is queued goes first. A live state that has
  // stopped leaves it out, and is what a rebuild mends.
  TR_RETURN_IF_ERROR(WorkerOf(build.kind).RunThere([]() -> Status { return {}; }, build.stop));
  if (build.options.diff && !build.outcome.compared) TR_RETURN_IF_ERROR(Compare(build));
  if (!build.options.swap) return {};
  TR_RETURN_IF_ERROR(SettleLetters(build));
  TR_RETURN_IF_ERROR(DefiningWorker(build.kind).RunThere([&] { return SwapShadow(build); }, build.stop));
  build.outcome.swapped = true;
  TR_CRASH_POINT("rebuild.swapped");
  TR_RETURN_IF_ERROR(WorkerOf(build.kind).RunThere(
      [&]() -> Status {
        StandingOf(build.kind).Resume(build.name);
        return {};
      },
      stop_.get_token()));
  std::lock_guard lock(changed_mutex_);
  const auto was_changed =
      std::find_if(changed_.begin(), changed_.end(), [&](const auto& c) { return c.name == build.name; });
  if (was_changed == changed_.end()) return {};
  changed_.erase(was_changed);
  auto state = progress_.Of(build.kind_name(), build.shadow);
  TR_CHECK(state.has_value());
  state->shadow = false;
  state->letters = build.feed->LowestLetters();
  AddMember(build.stream, {build.kind, build.name}, std::move(*state));
  return {};
}

Status Engine::SettleLetters(const ShadowBuild& build) {
  TR_TRY(const FaultList list, letters_.List(build.stream));
  std::vector<NamedValue> settled;
  for (const FaultGroup& group : list.groups) {
    const bool of_this = group.materialization == build.name && (group.stage == "document") == (build.kind == WorkKind::kCollection);
    if (!of_this && !group.materialization.empty()) continue;
    LetterFilter filter;
    filter.fault = group.id;
    filter.limit = kSettledPage;
    do {
      TR_TRY(const LetterPage page, letters_.Show(build.stream, filter));
      for (const StoredLetter& letter : page.letters) {
        const DeadLetter& refused = letter.entry.letter;
        if (!refused.partition || refusals_.Has(build.shadow, *refused.partition, refused.offset)) continue;
        settled.push_back({"settled/" + std::to_string(letter.at.value), SettledJson(build.stream, refused.name, clock_.Now())});
      }
      filter.after = page.next;
    } while (filter.after);
  }
  return AppendEach(log_, streams_.find(build.stream)->second.dead_letters, settled);
}

Status Engine::SwapShadow(const ShadowBuild& build) {
  TR_CRASH_POINT("rebuild.before_swap");
  const bool is_document = build.kind == WorkKind::kCollection;
  TR_RETURN_IF_ERROR(is_document ? documents_.FinishShadow(build.name) : warehouse_.FinishShadow(build.name));
  progress_.TakeOver(build.kind_name(), build.shadow, build.name);
  for (const std::string& stream : StreamsBehind(pipeline_, build.name)) Committed(stream);
  return {};
}

}  // namespace tailrace::engine
