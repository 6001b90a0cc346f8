// What the HTTP server needs of the rest of the program. app/ puts it together; tests put fakes in it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "auth/caller.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "config/spec.h"
#include "engine/dead_letters.h"
#include "engine/progress.h"
#include "engine/rebuild.h"
#include "engine/redrive.h"
#include "engine/reject_watch.h"
#include "model/ids.h"
#include "ports/document_store.h"
#include "ports/event_log.h"
#include "ports/rollup.h"
#include "ports/warehouse.h"

namespace tailrace::engine {
class AlertDesk;
class Auditor;
class LoadDesk;
class JobDesk;
}

namespace tailrace::server {

class BinaryAnswers;
class PartsStatus;
using engine::MaterializationProgress;

// Threads: thread-safe; calls return at once.
class Progress {
 public:
  virtual ~Progress() = default;

  virtual std::vector<MaterializationProgress> All() const = 0;

  // Whether everything made from the stream has committed these positions (the next offset of each partition).
  virtual bool Reached(std::string_view stream, const Positions& wanted) const = 0;

  // Calls `changed` whenever something was committed, from any thread; it returns at once. Before the start, and for good:
  // what it refers to must outlive this.
  virtual void Subscribe(std::function<void()> changed) = 0;

  // Why the server should get no requests yet, or no more; empty when it should. What the log itself says is not repeated.
  virtual std::vector<std::string> NotReadyReasons() const = 0;
};

struct RebuildRequest {
  std::string name;
  std::string definition;  // that the caller means; empty: whichever is running
  engine::RebuildOptions options;
};

// Hears of one rebuild, on its thread.
class RebuildWatcher : public engine::RebuildListener {
 public:
  virtual void OnEnd(const Result<engine::RebuildOutcome>& outcome) = 0;
};

// Computes what is made from the log anew, on a thread of its own. Threads: thread-safe.
class Rebuilds {
 public:
  virtual ~Rebuilds() = default;

  // Takes the one place that there is for a rebuild; Start must follow. kNotFound: no such thing. kInvalid: it keeps nothing of its
  // own. kConflict: the place is taken, or the running definition is another one than the caller means.
  virtual Status Reserve(const RebuildRequest& request) = 0;

  // Returns at once. `gone` stops it, and leaves all as it was.
  virtual void Start(const RebuildRequest& request, std::shared_ptr<RebuildWatcher> watcher, std::stop_token gone) = 0;
};

// Copies the data folder while the server runs.
// Threads: thread-safe; calls return at once.
class Backups {
 public:
  virtual ~Backups() = default;

  // Copies everything to `to`, then tells `done` (on a thread of its own) what the copy holds, as a JSON object. One at a time:
  // kConflict, at once, while another is being made.
  virtual Status Start(std::string to, std::function<void(Result<std::string> json)> done) = 0;
};

// Ownership: everything is borrowed and must outlive the server.
struct Services {
  const config::Pipeline& pipeline;
  std::vector<StreamId> stream_ids;  // of pipeline.streams, in their order
  EventLog& log;
  Warehouse& warehouse;
  DocumentStore& documents;
  Progress& progress;
  Metrics& metrics;
  Clock& clock;
  std::vector<StreamId> dead_letter_ids = {};  // of pipeline.streams, where refused records are kept; empty: nowhere
  engine::DeadLetters* letters = nullptr;      // what reads them; null: nothing does
  auth::Authenticator* authenticator = nullptr;  // null: nobody is asked who he is
  Rebuilds* rebuilds = nullptr;                      // without it there is no POST /rebuild
  // Sends dead letters again (engine::Engine::Redrive); null: that is not to be had.
  std::function<Result<engine::RedriveReport>(const engine::RedriveRequest&, const std::stop_token&)> redrive = {};
  engine::Auditor* auditor = nullptr;                // without it there is no GET /audit
  Backups* backups = nullptr;                    // null: none are made
  engine::RejectWatch* rejects = nullptr;        // of dead letters that are too many; null: any number is well
  engine::JobDesk* jobs = nullptr;               // with alerts; without them there is no GET /jobs
  engine::AlertDesk* alerts = nullptr;
  engine::LoadDesk* loads = nullptr;             // takes what `load` reads; null: nothing does
  const PartsStatus* parts = nullptr;            // sources and lake; null: there are none
  RollupMaker* rollups = nullptr;                // forms groups ahead of questions; null: nothing does
  BinaryAnswers* binary_answers = nullptr;       // null: queries are answered as text alone
};

}  // namespace tailrace::server
