// Keeps every table, document and stored row of a pipeline in step with its streams.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/dead_letter.h"
#include "engine/dead_letters.h"
#include "engine/feeder.h"
#include "engine/keeper.h"
#include "engine/origin_audit.h"
#include "engine/progress.h"
#include "engine/rebuild.h"
#include "engine/redrive.h"
#include "engine/redrive_pump.h"
#include "engine/reject_watch.h"
#include "engine/rows_keeper.h"
#include "engine/stream_feed.h"
#include "engine/view_collections.h"
#include "engine/worker.h"
#include "ports/document_store.h"
#include "ports/event_log.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

using StreamDirectory = std::map<std::string, StreamIds, std::less<>>;

struct EngineOptions {
  FeedLimits feed;
  WorkerLimits worker;
  WorkerLimits rows_worker{kRowsQueueBatchesMax, kRowsQueueBytesMax};
  RowsGroupLimits rows;
  EnduranceLimits endurance;  // of what fails for a passing reason
  // Called with the number of commits so far, after each; for tests that end the process at a given one.
  std::function<void(int64_t commits)> on_commit;
};

// A table or collection whose stored state was made by another definition.
struct ChangedMaterialization {
  std::string kind;  // "rows" (of the stream of this name), "table", "collection"
  std::string name;
  Positions positions;  // that it holds
  std::vector<std::string> reasons;
};

// Threads:   Open, Start and Stop from one thread; the rest from any. Start and Stop once each, Stop twice is fine. A Rebuild
//            that runs then must have been told to stop; it ends with kCancelled.
// Ownership: borrows the log, the stores and the clock, which must outlive this.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const config::Pipeline& pipeline, StreamDirectory streams, EventLog& log,
                                              Warehouse& warehouse, DocumentStore& documents, Clock& clock, EngineOptions options);
  ~Engine();

  // Those that must be rebuilt before they go on. They are not fed.
  std::vector<ChangedMaterialization> changed() const {
    const std::lock_guard lock(changed_mutex_);
    return changed_;
  }

  void Start();
  void Stop();

  // Recomputes a table, a collection or a stream's stored rows from the log into a shadow, while all goes on, and puts it in place
  // at once. Blocks until then. One at a time. After an error, a stop or a kill the old state is there as before.
  // kNotFound: no such thing. kInvalid: it keeps nothing of its own. kConflict: another rebuild is running, or the log no longer
  // begins at its beginning. kCancelled: `stop`. kUnavailable: the new state cannot be kept; the message says why.
  // With `diff` what is made from that stream stands still while the two states are compared; the log takes records meanwhile.
  Result<RebuildOutcome> Rebuild(std::string_view name, const RebuildOptions& options, RebuildListener& listener,
                                 const std::stop_token& stop);

  // Whether Rebuild would begin now; its errors.
  Status CheckRebuild(std::string_view name) const;

  // Runs `work` while nothing is written to rows, tables and documents, and no letter of theirs; what comes meanwhile waits in the log.
  // kCancelled when the engine or `stop` came first.
  Status WhileStoresRest(const std::function<Status()>& work, const std::stop_token& stop);

  // Blocks until everything that is in the log now is in every materialisation; kCancelled when `stop` came first, kUnavailable when
  // one of them stands still for good.
  Status WaitCaughtUp(const std::stop_token& stop);

  // Sends dead letters again, and waits up to `patience` until they have been seen to. One at a time: kConflict while another runs.
  // Errors as Redriver::Run. While the engine runs.
  Result<RedriveReport> Redrive(const RedriveRequest& request, std::chrono::milliseconds patience, const std::stop_token& stop);

  // Blocks until all that was sent again has been seen to: appended, taken or refused anew. Errors as WaitCaughtUp.
  Status WaitRedriven(std::string_view stream, const std::stop_token& stop);

  Progress& progress() { return progress_; }
  DeadLetterWriter& dead_letters() { return dead_letters_; }
  DeadLetters& letters() { return letters_; }
  RejectWatch& rejects() { return rejects_; }
  const ViewCollections& view_collections() const { return view_collections_; }
  int64_t commits() const { return commits_; }

 private:
  Engine(const config::Pipeline& pipeline, StreamDirectory streams, EventLog& log, Warehouse& warehouse,
         DocumentStore& documents, Clock& clock, EngineOptions options);

  Status Adopt();
  Status AdoptTables(const std::vector<MaterializationState>& states);
  Status AdoptCollections(const std::vector<CollectionState>& states);
  Result<std::unique_ptr<StreamFeed>> NewFeed(const config::StreamSpec& stream);
  void AddMember(const std::string& stream, Materialization materialization, MaterializationProgress progress);
  Status DispatchBatch(const std::shared_ptr<const DecodedBatch>& batch, const std::vector<Materialization>& takers,
                       const std::stop_token& stop);
  KeeperServices ServicesOfKeepers(bool feeds_views);
  FeederCalls CallsOf(const std::string& stream);
  std::optional<std::chrono::milliseconds> TryStoppedAgain(const std::string& stream, StreamFeed& feed, const std::stop_token& stop);
  void NoteFeedTrouble(const std::string& stream, const Error& error, bool stopped, std::chrono::milliseconds delay);
  struct ShadowBuild;
  Result<Materialization> FindRebuildable(std::string_view name, std::string* stream) const;
  Status CheckLogIsWhole(const std::string& stream) const;
  Worker& DefiningWorker(WorkKind kind);
  Worker& WorkerOf(WorkKind kind);
  Standing& StandingOf(WorkKind kind);
  Positions LogEnds(const std::string& stream) const;
  Status BeginShadow(ShadowBuild& build);
  Result<bool> StepShadow(ShadowBuild& build, const FeedPlace* until);
  Status CatchUp(ShadowBuild& build);
  Status MeetLive(ShadowBuild& build, StreamFeed& live);
  Status CompareAtStoredState(ShadowBuild& build);
  Status Compare(ShadowBuild& build);
  Status FinishShadow(ShadowBuild& build);
  Status ForgetShadow(const ShadowBuild& build);
  Status SwapShadow(const ShadowBuild& build);
  std::optional<LetterStream> LettersOf(std::string_view stream);
  Result<PumpTarget> RedriveTargetOf(std::string_view stream) const;
  Result<std::vector<std::optional<std::string>>> Foretell(const std::string& stream, const std::vector<FixedLetter>& fixed,
                                                           const std::stop_token& stop);
  Result<std::vector<bool>> ChooseSentFor(const std::string& stream, const Materialization& taker,
                                          const std::vector<OrderedRecord>& records);
  void NoteUndecodable(const DecodedBatch& batch, const Materialization& taker);
  // Of the letters of what a shadow stands in for, those that it has taken after all are closed.
  Status SettleLetters(const ShadowBuild& build);
  bool HasConsumed(std::string_view stream, const PendingRedrive& redrive) const;
  Status RejectUndecodable(const DecodedBatch& batch);
  void Committed(std::string_view stream);
  std::optional<std::chrono::milliseconds> TableIdle(bool waited, const std::stop_token& stop);

  const config::Pipeline& pipeline_;
  const StreamDirectory streams_;
  EventLog& log_;
  Warehouse& warehouse_;
  DocumentStore& documents_;
  Clock& clock_;
  const EngineOptions options_;

  Progress progress_;
  DeadLetters letters_;
  RejectWatch rejects_;
  DeadLetterWriter dead_letters_;
  RedrivePump redrive_pump_;
  ShadowRefusals refusals_;
  std::mutex redrive_mutex_;  // held by the one redrive there may be
  ViewCollections view_collections_;
  mutable std::mutex changed_mutex_;
  std::vector<ChangedMaterialization> changed_;  // protected by changed_mutex_
  std::atomic<bool> rebuilding_{false};
  std::atomic<int64_t> commits_{0};

  RowsKeeper rows_keeper_;
  TableKeeper table_keeper_;
  CollectionKeeper collection_keeper_;
  Worker rows_worker_;
  Worker table_worker_;
  Worker collection_worker_;
  std::map<std::string, std::unique_ptr<Feeder>, std::less<>> feeders_;
  std::stop_source stop_;
};

}  // namespace tailrace::engine
