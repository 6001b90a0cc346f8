#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "engine/patience.h"
#include "engine/plan.h"

namespace tailrace::engine {
namespace {

// How long the tables' thread has nothing to do before it tidies up.
constexpr std::chrono::milliseconds kIdleBeforeMaintenance{200};

std::map<std::string, CollectionRules, std::less<>> RulesOf(const config::Pipeline& pipeline) {
  std::map<std::string, CollectionRules, std::less<>> rules;
  for (const CollectionPlan& plan : PlanCollections(pipeline)) rules[plan.name] = {plan.merge};
  return rules;
}

std::map<std::string, StreamId, std::less<>> DeadLetterStreams(const StreamDirectory& streams) {
  std::map<std::string, StreamId, std::less<>> ids;
  for (const auto& [name, stream] : streams) ids[name] = stream.dead_letters;
  return ids;
}

// Where a store says that something stands.
template <typename State>
MaterializationProgress ProgressOf(const State& state) {
  MaterializationProgress progress;
  progress.positions = state.positions;
  progress.letters = state.letters;
  progress.flow = state.flow;
  progress.counted_from = state.counted_from;
  return progress;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const config::Pipeline& pipeline, StreamDirectory streams, EventLog& log,
                                             Warehouse& warehouse, DocumentStore& documents, Clock& clock,
                                             EngineOptions options) {
  std::unique_ptr<Engine> engine(
      new Engine(pipeline, std::move(streams), log, warehouse, documents, clock, std::move(options)));
  TR_RETURN_IF_ERROR(engine->Adopt());
  return engine;
}

Engine::Engine(const config::Pipeline& pipeline, StreamDirectory streams, EventLog& log, Warehouse& warehouse,
               DocumentStore& documents, Clock& clock, EngineOptions options)
    : pipeline_(pipeline),
      streams_(std::move(streams)),
      log_(log),
      warehouse_(warehouse),
      documents_(documents),
      clock_(clock),
      options_(std::move(options)),
      letters_(log, DeadLetterStreams(streams_),
               [this](std::string_view stream, const PendingRedrive& redrive) { return HasConsumed(stream, redrive); }),
      rejects_(pipeline, [this](const std::string& stream) {
        const StreamIds& ids = streams_.find(stream)->second;
        return RejectWatch::Ids{ids.records, ids.dead_letters};
      }, log, letters_, clock),
      dead_letters_(log, clock, [this](std::string_view stream) { return LettersOf(stream); }),
      redrive_pump_(log, dead_letters_, [this](std::string_view stream) { return RedriveTargetOf(stream); }),
      view_collections_(pipeline, warehouse, documents, clock, options_.endurance),
      rows_keeper_(ServicesOfKeepers(true), options_.rows),
      table_keeper_(ServicesOfKeepers(true)),
      collection_keeper_(ServicesOfKeepers(false), RulesOf(pipeline)),
      rows_worker_(
          options_.rows_worker, [this](const WorkItem& item, const std::stop_token& stop) { rows_keeper_.Take(item, stop); },
          [this](bool waited) { return rows_keeper_.Idle(waited, stop_.get_token()); },
          [this] { rows_keeper_.Flush(stop_.get_token()); }),
      table_worker_(
          options_.worker,
          [this](const WorkItem& item, const std::stop_token& stop) {
            table_keeper_.Take(item, stop);
            (void)warehouse_.Maintain(false).has_value();
          },
          [this](bool waited) { return TableIdle(waited, stop_.get_token()); }),
      collection_worker_(
          options_.worker, [this](const WorkItem& item, const std::stop_token& stop) { collection_keeper_.Take(item, stop); },
          [this](bool) { return view_collections_.RefreshDirty(stop_.get_token()); }) {}

Engine::~Engine() { Stop(); }

Status Engine::Adopt() {
  for (const auto& stream : pipeline_.streams) {
    TR_TRY(auto feed, NewFeed(stream));
    feeders_[stream.name] = std::make_unique<Feeder>(std::move(feed), CallsOf(stream.name), options_.endurance, clock_);
  }
  TR_TRY(const auto tables, warehouse_.Adopt(PlanWarehouse(pipeline_)));
  TR_RETURN_IF_ERROR(AdoptTables(tables));
  TR_TRY(const auto collections, documents_.Adopt(PlanCollections(pipeline_)));
  TR_RETURN_IF_ERROR(AdoptCollections(collections));
  for (const auto& [name, ids] : streams_) {
    if (const auto feeder = feeders_.find(name); feeder != feeders_.end()) {
      log_.Subscribe(ids.records, [target = feeder->second.get()] { target->Wake(); });
      log_.Subscribe(ids.dead_letters, [target = feeder->second.get()] { target->Wake(); });
      redrive_pump_.Add(name, ids.dead_letters);
    }
  }
  view_collections_.MarkAllDirty();
  return {};
}

Status Engine::AdoptTables(const std::vector<MaterializationState>& states) {
  for (const MaterializationState& state : states) {
    const WorkKind kind = state.kind == MaterializationKind::kStoredRows ? WorkKind::kRows : WorkKind::kTable;
    if (state.changed) {
      changed_.push_back({std::string(KindName(kind)), state.name, state.positions, state.reasons});
    } else {
      AddMember(state.stream, {kind, state.name}, ProgressOf(state));
    }
  }
  return {};
}

Status Engine::AdoptCollections(const std::vector<CollectionState>& states) {
  for (const CollectionState& state : states) {
    const auto spec = std::find_if(pipeline_.collections.begin(), pipeline_.collections.end(),
                                   [&](const auto& collection) { return collection.name == state.name; });
    if (spec == pipeline_.collections.end() || spec->stream.empty()) continue;
    if (state.changed) {
      changed_.push_back({"collection", state.name, state.positions, state.reasons});
    } else {
      AddMember(spec->stream, {WorkKind::kCollection, state.name}, ProgressOf(state));
    }
  }
  return {};
}

Result<std::unique_ptr<StreamFeed>> Engine::NewFeed(const config::StreamSpec& stream) {
  const auto ids = streams_.find(stream.name);
  if (ids == streams_.end()) return Fail(Error::Internal("stream " + stream.name + " is not in the log"));
  TR_TRY(auto decoder, RecordDecoder::Compile(stream.schema, ""));
  SentAgain sent{ids->second.dead_letters, letters_.index(stream.name),
                 [this, name = stream.name](const Materialization& taker, const std::vector<OrderedRecord>& records) {
                   return ChooseSentFor(name, taker, records);
                 }};
  return std::make_unique<StreamFeed>(stream.name, ids->second.records, log_, warehouse_, std::move(decoder), options_.feed,
                                      std::move(sent));
}

void Engine::AddMember(const std::string& stream, Materialization materialization, MaterializationProgress progress) {
  progress.positions.resize(static_cast<size_t>(FindStream(pipeline_, stream)->partitions));
  progress.name = materialization.name;
  progress.kind = std::string(KindName(materialization.kind));
  progress.stream = stream;
  Positions positions = progress.positions;
  const Offset letters = progress.letters;
  progress_.Add(std::move(progress));
  feeders_.at(stream)->feed().Add(std::move(materialization), std::move(positions), letters);
}

void Engine::Start() {
  rows_worker_.Start();
  table_worker_.Start();
  collection_worker_.Start();
  for (auto& [name, feeder] : feeders_) feeder->Start();
  redrive_pump_.Start();
  rejects_.Start();
}

void Engine::Stop() {
  stop_.request_stop();
  rejects_.Stop();
  redrive_pump_.Stop();
  for (auto& [name, feeder] : feeders_) feeder->Stop();
  rows_worker_.Stop();
  table_worker_.Stop();
  collection_worker_.Stop();
}

KeeperServices Engine::ServicesOfKeepers(bool feeds_views) {
  KeeperServices services{warehouse_, documents_, dead_letters_, progress_, clock_, [](std::string_view) {}, &refusals_, options_.endurance};
  if (feeds_views) services.committed = [this](std::string_view stream) { Committed(stream); };
  // Whoever has nothing to feed must look when what has stopped is to be tried again.
  services.stopped = [this] {
    for (const auto& [name, feeder] : feeders_) feeder->Wake();
  };
  return services;
}

FeederCalls Engine::CallsOf(const std::string& stream) {
  FeederCalls calls;
  calls.hand = [this](const auto& batch, const auto& takers, const auto& stop) { return DispatchBatch(batch, takers, stop); };
  calls.before_step = [this, stream](StreamFeed& feed, const std::stop_token& stop) { return TryStoppedAgain(stream, feed, stop); };
  calls.failed = [this, stream](const Error& error, bool stopped, std::chrono::milliseconds delay) {
    NoteFeedTrouble(stream, error, stopped, delay);
  };
  calls.went_well = [this, stream] { progress_.EndFeedTrouble(stream); };
  return calls;
}

void Engine::NoteFeedTrouble(const std::string& stream, const Error& error, bool stopped, std::chrono::milliseconds delay) {
  const auto now = clock_.Monotonic();
  const auto known = progress_.FeedTroubles();
  const bool was_stopped = std::any_of(known.begin(), known.end(), [&](const Standstill& feed) { return feed.name == stream && feed.stopped; });
  progress_.SetFeedTrouble({stream, error.message(), now, stopped, now + delay});
  if (stopped && !was_stopped) LogError("stream_stopped", {{"stream", stream}, {"reason", error.message()}});
}

// What has stopped and has paused for long enough goes back to where its commits end. It gets what comes from there on behind whatever
// is in the worker's queue now, which was meant for it before it stopped.
std::optional<std::chrono::milliseconds> Engine::TryStoppedAgain(const std::string& stream, StreamFeed& feed, const std::stop_token& stop) {
  std::optional<std::chrono::milliseconds> again_in;
  for (const MaterializationProgress& made : progress_.All()) {
    if (made.shadow || made.stream != stream || !made.stopped || !made.again_at) continue;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*made.again_at - clock_.Monotonic());
    if (wait.count() > 0) {
      again_in = std::min(wait, again_in.value_or(wait));
      continue;
    }
    const WorkKind kind = KindNamed(made.kind);
    feed.PutBack({kind, made.name}, made.positions, made.letters);
    progress_.SetTried(made.kind, made.name);
    WorkItem item;
    item.task = [&standing = StandingOf(kind), name = made.name] { standing.TryAgain(name); };
    if (!WorkerOf(kind).Push(std::move(item), stop)) return std::nullopt;
  }
  return again_in;
}

Status Engine::DispatchBatch(const std::shared_ptr<const DecodedBatch>& batch, const std::vector<Materialization>& takers,
                             const std::stop_token& stop) {
  if (!batch->faults.empty()) {
    for (const Materialization& taker : takers) NoteUndecodable(*batch, taker);
    TR_RETURN_IF_ERROR(RejectUndecodable(*batch));
  }
  std::map<WorkKind, std::vector<std::string>> names;
  for (const Materialization& taker : takers) names[taker.kind].push_back(taker.name);
  for (auto& [kind, of_kind] : names) {
    if (!WorkerOf(kind).Push({batch, std::move(of_kind), nullptr}, stop)) return Fail(Error::Cancelled("stopping"));
  }
  return {};
}

std::optional<LetterStream> Engine::LettersOf(std::string_view stream) {
  const auto ids = streams_.find(stream);
  const auto* spec = FindStream(pipeline_, stream);
  if (ids == streams_.end() || spec == nullptr) return std::nullopt;
  return LetterStream(ids->second.dead_letters, letters_.index(stream), SchemaFingerprint(spec->schema));
}

Result<PumpTarget> Engine::RedriveTargetOf(std::string_view stream) const {
  const StreamIds& ids = streams_.find(stream)->second;
  const auto* spec = FindStream(pipeline_, stream);
  TR_TRY(auto decoder, RecordDecoder::Compile(spec->schema, spec->key));
  return PumpTarget{spec->name, ids.records, ids.dead_letters, spec->partitions, "", std::move(decoder)};
}

Status Engine::RejectUndecodable(const DecodedBatch& batch) {
  std::vector<DeadLetter> letters;
  for (const DecodeFault& fault : batch.faults) {
    const OrderedRecord& record = batch.run.records[fault.index];
    DeadLetter letter;
    letter.stage = Stage::kSchema;
    letter.stream = batch.stream;
    letter.raw = std::string(record.record.value);
    letter.pointer = fault.fault.pointer;
    letter.reason = fault.fault.Reason();
    letter.partition = record.partition;
    letter.offset = record.record.offset;
    letter.seq = record.record.seq;
    letter.ingested_at_ms = record.timestamp_ms;
    if (record.sent != nullptr) {
      const DeadLetter& before = record.sent->entry.letter;
      letter.redrive = record.sent->at;
      letter.stage = before.stage;
      letter.materialization = before.materialization;
    }
    letters.push_back(std::move(letter));
  }
  return dead_letters_.Write(letters, nullptr);
}

void Engine::Committed(std::string_view stream) {
  const int64_t commits = ++commits_;
  if (options_.on_commit) options_.on_commit(commits);
  if (view_collections_.empty()) return;
  view_collections_.MarkDirty(stream);
  collection_worker_.Wake();
}

std::optional<std::chrono::milliseconds> Engine::TableIdle(bool waited, const std::stop_token& stop) {
  if (stop.stop_requested()) return std::nullopt;
  if (!waited) return kIdleBeforeMaintenance;
  // A failed compaction or checkpoint costs space, not data; the next one tries again.
  (void)warehouse_.Maintain(true).has_value();
  return std::nullopt;
}

// Each worker waits in the hands of the one before it. None of them ever waits for another by itself.
Status Engine::WhileStoresRest(const std::function<Status()>& work, const std::stop_token& stop) {
  return rows_worker_.RunThere(
      [&] { return table_worker_.RunThere([&] { return collection_worker_.RunThere(work, stop); }, stop); }, stop);
}

Status Engine::WaitCaughtUp(const std::stop_token& stop) {
  for (const auto& [name, ids] : streams_) TR_RETURN_IF_ERROR(WaitRedriven(name, stop));
  for (const auto& [name, ids] : streams_) {
    Positions ends;
    for (const PartitionStatus& partition : log_.Partitions(ids.records)) ends.push_back(partition.end);
    TR_RETURN_IF_ERROR(progress_.Wait(name, ends, stop));
  }
  if (!view_collections_.WaitClean(stop)) return Fail(Error::Cancelled("stopping"));
  for (const Standstill& trouble : view_collections_.Troubles()) {
    if (trouble.stopped && trouble.again_at) return Fail(Error::Unavailable("collection " + trouble.name + " has stopped: " + trouble.reason));
  }
  rejects_.LookAtAll();
  return {};
}

}  // namespace tailrace::engine
