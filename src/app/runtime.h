// A pipeline made to run: the embedded parts opened and joined as its file says. The only place that sees them all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/file_export.h"
#include "app/jobs.h"
#include "app/source_runner.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/auditor.h"
#include "engine/engine.h"
#include "engine/source_pump.h"
#include "engine/timed_work.h"
#include "ports/document_store.h"
#include "ports/event_log.h"
#include "ports/outbound_http.h"
#include "ports/warehouse.h"

namespace tailrace::app {

// Polls that a test answers: only those it knows run, from StartSources on. Threads: Wait from any.
class PollScript {
 public:
  virtual ~PollScript() = default;
  // What answers a source; null: it does not run.
  virtual OutboundHttp* AnswersOf(const std::string& source) = 0;
  // As WaitForTime.
  virtual bool Wait(WallTime due, const std::stop_token& stop) = 0;
};

struct RuntimeOptions {
  Clock* clock = nullptr;                               // null: the machine's
  std::string data;                                     // empty: server.data of the file
  std::string file_text;                                // what the pipeline file reads, to show it
  std::optional<uint16_t> port;                         // instead of the file's; 0 takes a free one
  bool serve = true;                                    // answer HTTP
  bool read_sources = true;                             // start the file's sources, other than `http`
  bool poll_once = false;                               // polls ask once, now, and end
  PollScript* poll_script = nullptr;                    // instead of the network and of `read_sources`
  bool run_jobs = false;                                // run jobs and look at alerts as their times come; else who asks for it does
  bool reach_out = true;                                // false: messages, requests and programs of jobs are left out, as in a test
  std::function<void(int64_t commits)> on_commit;
};

// Threads: one thread calls Open, Start, Stop; the rest from any.
class Runtime {
 public:
  // Takes the data directory's lock. The pipeline must have been checked.
  static Result<std::unique_ptr<Runtime>> Open(config::Pipeline pipeline, RuntimeOptions options);
  ~Runtime();

  // Tables and collections that another definition made: they do not go on until Rebuild.
  std::vector<engine::ChangedMaterialization> changed() const;

  // Starts the engine, then the server, then the sources.
  Status Start();

  // Start does not do it where polls are scripted.
  void StartSources();

  // Stops accepting, finishes what was accepted, syncs. Twice is fine.
  void Stop();

  // Blocks until every finite source has ended; the first source's error, if one stopped with it.
  Status WaitSources(const std::stop_token& stop);
  Status WaitCaughtUp(const std::stop_token& stop);
  // Puts what is in the log now into the lake, as far as the file says so.
  Status FlushLake();

  // Reads one more file into a stream, as a source of its own name; `progress` hears the counts now and then.
  Result<SourceSummary> LoadFile(const config::FileSourceSpec& file, const std::string& stream,
                                 const std::function<void(const SourceSummary&, int64_t bytes_done, int64_t bytes_all)>& progress,
                                 const std::stop_token& stop);

  Result<engine::RebuildOutcome> Rebuild(const std::string& name, const engine::RebuildOptions& options,
                                         engine::RebuildListener& listener, const std::stop_token& stop);

  std::vector<SourceSummary> sources() const;
  std::string address() const;  // of the server, "127.0.0.1:7070"; empty when it does not serve
  const config::Pipeline& pipeline() const;
  engine::Engine& engine();
  engine::Auditor& auditor();
  EventLog& log();
  Warehouse& warehouse();
  DocumentStore& documents();
  ExportServices export_services();
  const engine::StreamDirectory& streams() const;
  Jobs& jobs();
  // What comes due by the clock, for who holds the clock; unless `run_jobs` does it.
  std::vector<engine::TimedWork*> timed_work();

 private:
  struct Parts;
  explicit Runtime(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tailrace::app
