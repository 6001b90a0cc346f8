#include "app/runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "app/audit_metrics.h"
#include "app/binary_answers.h"
#include "app/console.h"
#include "app/data_directory.h"
#include "app/definitions.h"
#include "app/doorkeeper.h"
#include "app/embedded_sources.h"
#include "app/hiding_http.h"
#include "app/job_metrics.h"
#include "app/key_folder.h"
#include "app/lake_parts.h"
#include "app/limits.h"
#include "app/live_backups.h"
#include "app/live_exports.h"
#include "app/part_metrics.h"
#include "app/parts_view.h"
#include "app/pipeline_file.h"
#include "app/process_memory.h"
#include "app/progress_view.h"
#include "app/rebuild_desk.h"
#include "app/retention.h"
#include "app/settings_view.h"
#include "app/version.h"
#include "base/file_system.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/random.h"
#include "config/secret_values.h"
#include "documents/sqlite_document_store.h"
#include "engine/load_desk.h"
#include "engine/low_water.h"
#include "engine/plan.h"
#include "engine/run_relation.h"
#include "engine/system_relations.h"
#include "http_client/curl_http.h"
#include "http_client/retrying_http.h"
#include "log/log.h"
#include "model/times.h"
#include "server/server.h"
#include "sqlite/sqlite.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/record_judge.h"

namespace tailrace::app {
namespace {

// Of what the process may open: segments, stores, files that sources read.
constexpr int64_t kFilesBesideSockets = 512;
// A stream's dead letters need no parallel writers.
constexpr int32_t kDeadLetterPartitions = 1;

// How long a request waits for what it has sent again to be seen to, before it is told that this is pending.
constexpr std::chrono::milliseconds kRedrivePatience{10'000};

// What a source does whose stream has more dead letters than it may.
enum class WhenPaused { kWait, kEnd };

}  // namespace

// In the order in which they are opened; what stands below uses what stands above.
struct Runtime::Parts {
  Parts(config::Pipeline p, RuntimeOptions o, DataDirectory d)
      : pipeline(std::move(p)), options(std::move(o)), directory(std::move(d)) {}

  Clock& clock() { return options.clock == nullptr ? SystemClock() : *options.clock; }

  Status OpenLog();
  Status OpenLake();
  Status OpenStores();
  Status OpenEngine();
  void OpenRetention();
  std::string IdempotencyWindowText() const;
  ExportServices Exports() { return {*warehouse, *exporter, StagingFolder()}; }
  Status OpenJobs();
  Result<std::string> Poll(const std::string& source, WallTime due, const std::stop_token& stop);
  Status OpenServer();
  Status OpenSources();
  PollSurroundings SurroundingsOf(const std::string& source);
  Result<engine::PumpTarget> TargetOf(std::string_view name) const;
  Result<std::unique_ptr<SourceRunner>> NewRunner(const std::string& name, std::unique_ptr<Source> source,
                                                  const std::vector<config::Target>& into, WhenPaused when_paused);
  Result<std::unique_ptr<RecordJudge>> OpenJudge() const;
  Status KeepDefinitions() { return WriteDefinitions(directory.path(), pipeline); }
  std::string StagingFolder() const { return directory.Join(kLakeFolder) + "/staging"; }

  config::Pipeline pipeline;
  RuntimeOptions options;
  DataDirectory directory;
  PartLimits limits = LimitsOf(pipeline, MachineMemoryBytes());
  Metrics metrics;
  engine::StreamDirectory streams;
  std::vector<StreamId> stream_ids;       // of pipeline.streams
  std::vector<StreamId> dead_letter_ids;  // the same
  std::unique_ptr<log::Log> kept_log;
  std::unique_ptr<LakeParts> lake;        // null: none
  EventLog* log = nullptr;                // with what is in the lake before it
  std::unique_ptr<Warehouse> warehouse;
  FileExporter* exporter = nullptr;       // the same
  RollupMaker* rollups = nullptr;         // the same
  std::unique_ptr<documents::JournaledDocuments> documents;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Retention> retention;
  std::unique_ptr<engine::Auditor> auditor;
  std::unique_ptr<OutboundHttp> http;
  std::unique_ptr<Jobs> jobs;
  std::unique_ptr<ProgressView> progress;
  std::unique_ptr<Doorkeeper> doorkeeper;
  std::unique_ptr<RebuildDesk> rebuilds;
  std::unique_ptr<LiveBackups> backups;
  std::unique_ptr<LiveExports> exports;
  std::unique_ptr<ExportedAnswers> answers;
  std::unique_ptr<engine::LoadDesk> loads;
  std::unique_ptr<server::Server> server;
  std::vector<std::unique_ptr<SourceRunner>> sources;
  struct Polled {
    std::shared_ptr<PollAsks> asks;
    const SourceRunner* runner = nullptr;
  };
  std::map<std::string, Polled, std::less<>> polled;  // not changed once it is started
  PollCountsByName poll_counts;
  std::shared_ptr<PollRest> polls_rest = std::make_shared<PollRest>();  // of all
  std::unique_ptr<PartsView> parts_view;
  std::unique_ptr<SettingsView> settings;
  MemoryKeeper memory_keeper{limits.memory.total};
  bool stopped = false;
};

Status Runtime::Parts::OpenLog() {
  std::vector<log::StreamOptions> kept;
  const auto add = [&](std::string name, std::string folder, int32_t partitions) {
    kept.push_back({std::move(name), std::move(folder), partitions});
    return StreamId{static_cast<int32_t>(kept.size()) - 1};
  };
  for (const auto& stream : pipeline.streams) {
    const StreamId records = add(stream.name, "log/" + stream.name, stream.partitions);
    const StreamId dead_letters = add("dead letters of " + stream.name, "dlq/" + stream.name, kDeadLetterPartitions);
    streams[stream.name] = {records, dead_letters};
    stream_ids.push_back(records);
    dead_letter_ids.push_back(dead_letters);
  }
  log::LogOptions log_options = limits.log;
  log_options.directory = directory.path();
  TR_TRY(kept_log, log::Log::Open(std::move(log_options), std::move(kept), PosixFileSystem(), clock()));
  log = kept_log.get();
  return {};
}

Status Runtime::Parts::OpenLake() {
  TR_TRY(lake, LakeParts::Open(pipeline, directory.path(), streams, *kept_log, clock()));
  if (lake != nullptr) log = &lake->log();
  return {};
}

void Runtime::Parts::OpenRetention() {
  std::vector<RetainedStream> retained;
  for (const auto& stream : pipeline.streams) {
    if (stream.retention.count() > 0) retained.push_back({stream.name, streams.at(stream.name).records, stream.retention});
  }
  retention = std::make_unique<Retention>(*kept_log, clock(), std::move(retained), [this](const RetainedStream& stream) {
    return engine::LowWater(engine->progress(), stream.name, lake->Held(stream.id));
  });
}

Status Runtime::Parts::OpenStores() {
  // What a kill left of what was being written.
  std::error_code ignored;
  std::filesystem::remove_all(StagingFolder(), ignored);
  warehouse::DuckDbWarehouseOptions warehouse_options;
  warehouse_options.path = directory.Join("warehouse.duckdb");
  warehouse_options.temp_directory = directory.Join("tmp");
  // A batch is small, and handing it out to helpers costs more than they do; queries run on threads of their own.
  warehouse_options.threads = 1;
  warehouse_options.memory_bytes_max = static_cast<size_t>(limits.memory.warehouse);
  warehouse_options.projection_bytes_max = static_cast<size_t>(limits.memory.projections);
  // Where it writes files to; SQL of users reaches none of them.
  warehouse_options.allowed_directories = {directory.Join(kLakeFolder)};
  warehouse_options.system_relations = engine::SystemRelations([this] { return auditor.get(); });
  warehouse_options.system_relations.push_back(engine::RunsRelation([this] { return jobs == nullptr ? nullptr : &jobs->desk().store(); }));
  TR_TRY(auto opened, warehouse::OpenDuckDbWarehouse(warehouse_options));
  exporter = opened.get();
  rollups = opened.get();
  warehouse = std::move(opened);
  documents::SqliteDocumentStoreOptions document_options = limits.documents;
  document_options.path = directory.Join("documents.sqlite");
  sqlite::LimitMemory(limits.memory.sqlite);
  TR_TRY(documents, documents::OpenSqliteDocumentStore(document_options));
  return {};
}

Status Runtime::Parts::OpenEngine() {
  engine::EngineOptions engine_options;
  engine_options.on_commit = options.on_commit;
  engine_options.feed = limits.feed;
  engine_options.rows = limits.rows;
  TR_TRY(engine, engine::Engine::Open(pipeline, streams, *log, *warehouse, *documents, clock(), std::move(engine_options)));
  progress = std::make_unique<ProgressView>(*engine, lake.get(), clock());
  auditor = std::make_unique<engine::Auditor>(
      engine::AuditSubjects{pipeline, streams, *log, *warehouse, *documents, clock(), *engine, [this] { return OpenJudge(); },
                            lake == nullptr ? nullptr : &lake->raw(), lake.get()});
  AddPartMetrics(metrics, {pipeline, streams, *log, *engine, lake.get(), limits.memory.total});
  AddAuditMetrics(metrics, *auditor, engine->progress().All());
  return {};
}

std::string Runtime::Parts::IdempotencyWindowText() const {
  int64_t partitions = 0;
  for (const auto& stream : pipeline.streams) partitions += stream.partitions + kDeadLetterPartitions;
  return fmt::format("{} h or {} keys a partition, whichever ends first",
                     std::chrono::duration_cast<std::chrono::hours>(limits.log.idempotency_age_max).count(),
                     Grouped(log::IdempotencyKeysOf(limits.log, partitions)));
}

Result<std::unique_ptr<RecordJudge>> Runtime::Parts::OpenJudge() const {
  warehouse::RecordJudgeOptions judge_options;
  judge_options.memory_bytes_max = static_cast<size_t>(limits.memory.projections);
  for (const CollectionPlan& plan : engine::PlanCollections(pipeline)) {
    if (plan.merge != MergeMode::kReplace) judge_options.objects_needed.push_back(plan.name);
  }
  return warehouse::OpenRecordJudge(engine::PlanWarehouse(pipeline), std::move(judge_options));
}

// SSL_CERT_FILE as OpenSSL's own programs have it.
Result<std::unique_ptr<OutboundHttp>> NewHttp(const config::Pipeline& pipeline, Clock& clock) {
  http_client::CurlHttpOptions http_options;
  http_options.user_agent = fmt::format("tailrace/{}", kVersion);
  if (const char* file = std::getenv("SSL_CERT_FILE")) http_options.ca_file = file;
  auto retrying = http_client::NewRetryingHttp(http_client::NewCurlHttp(std::move(http_options)), clock, SystemRandom(), http_client::WaitOnTheMachine());
  auto secrets = config::SecretValuesOf(pipeline.path, LoadOptionsOfProcess());
  // A pipeline that is a text of no file has none.
  if (!secrets && secrets.error().code() != ErrorCode::kNotFound) return Fail(secrets.error());
  return NewHidingHttp(std::move(retrying), secrets.value_or(std::vector<std::string>()));
}

Status Runtime::Parts::OpenJobs() {
  TR_TRY(http, NewHttp(pipeline, SystemClock()));
  JobsParts parts{pipeline, directory.Join(kControlFile), clock(), *warehouse, warehouse::JobTablesOf(*warehouse), *engine, http.get(), {}, Exports(), {}, options.reach_out};
  parts.poll = [this](const std::string& source, WallTime due, const std::stop_token& stop) { return Poll(source, due, stop); };
  if (!options.reach_out) parts.exports_folder = directory.Join("exports");
  TR_TRY(jobs, Jobs::Open(std::move(parts)));
  AddJobMetrics(metrics, *jobs);
  return {};
}

Result<std::string> Runtime::Parts::Poll(const std::string& source, WallTime due, const std::stop_token& stop) {
  const auto found = polled.find(source);
  if (found == polled.end() && options.poll_script != nullptr) return "not asked: the test has no answers for it";
  if (found == polled.end()) return Fail(Error::Unavailable("it is not read here"));
  if (due > clock().Now()) return Fail(Error::Invalid("a due time that has not come is not asked for"));
  const auto is_over = [runner = found->second.runner] { return runner->summary().ended; };
  TR_TRY(const int64_t records, found->second.asks->Ask(due.micros / kMicrosPerSecond, is_over, stop));
  TR_RETURN_IF_ERROR(engine->WaitCaughtUp(stop));
  return fmt::format("{} records", records);
}

Status Runtime::Parts::OpenServer() {
  server::ServerOptions server_options;
  server_options.host = pipeline.server.host;
  server_options.port = options.port.value_or(pipeline.server.port);
  server_options.auth_none = pipeline.server.auth_none;
  server_options.version = kVersion;
  if (const auto& tls = pipeline.server.tls) server_options.tls = crypto::TlsFiles{tls->cert, tls->key, tls->client_ca};
  if (const auto& cors = pipeline.server.cors) {
    server_options.cors = {cors->origins, std::chrono::duration_cast<std::chrono::seconds>(cors->max_age)};
  }
  server_options.limits = limits.server;
  server_options.idempotency_window = IdempotencyWindowText();
  const int64_t sockets_max = std::max(RaiseOpenFiles() - kFilesBesideSockets, kFilesBesideSockets);
  server_options.limits.connections_max = std::min(limits.server.connections_max, static_cast<size_t>(sockets_max));
  if (!pipeline.server.auth_none) {
    TR_TRY(doorkeeper, Doorkeeper::Open(pipeline.server, directory.Join(kControlFile), clock()));
  }
  rebuilds = std::make_unique<RebuildDesk>(pipeline, *engine);
  parts_view = std::make_unique<PartsView>(PartsView::Parts{pipeline, directory.path(), sources, poll_counts, lake.get(), streams});
  AddPartsMetrics(metrics, *parts_view, pipeline, *log, streams);
  backups = std::make_unique<LiveBackups>(pipeline, directory.path(), *engine, *log, streams, warehouse::JobTablesOf(*warehouse), polls_rest, clock());
  exports = std::make_unique<LiveExports>(Exports(), clock());
  answers = std::make_unique<ExportedAnswers>(Exports());
  loads = std::make_unique<engine::LoadDesk>(*log, engine->dead_letters(), [this](std::string_view stream) { return TargetOf(stream); });
  settings = std::make_unique<SettingsView>(
      SettingsView::Parts{pipeline, options.file_text, directory.path(), limits, metrics, clock(), doorkeeper.get()});
  const server::Services services{pipeline, stream_ids, *log, *warehouse, *documents, *progress, metrics, clock(),
                                  dead_letter_ids, &engine->letters(), doorkeeper.get(), rebuilds.get(),
                                  [this](const engine::RedriveRequest& request, const std::stop_token& stop) {
                                    return engine->Redrive(request, kRedrivePatience, stop);
                                  },
                                  auditor.get(), backups.get(), &engine->rejects(), &jobs->desk(), &jobs->alerts(), loads.get(), parts_view.get(), rollups, answers.get()};
  TR_TRY(server, server::Server::Create(services, server_options, exports.get(), settings.get()));
  return {};
}

PollSurroundings Runtime::Parts::SurroundingsOf(const std::string& source) {
  PollSurroundings polls;
  polls.folder = directory.path();
  polls.clock = &clock();
  polls.once = options.poll_once;
  polls.counts = std::make_shared<PollCounts>();
  poll_counts[source] = polls.counts;
  AddPollMetrics(metrics, source, polls.counts);
  if (PollScript* script = options.poll_script) {
    polls.http = script->AnswersOf(source);
    polls.wait = [script](WallTime due, const std::stop_token& stop) { return script->Wait(due, stop); };
  } else {
    polls.http = http.get();
    polls.wait = WaitOnClock(clock());
  }
  return polls;
}

Status Runtime::Parts::OpenSources() {
  for (const auto& spec : pipeline.sources) {
    const bool is_poll = std::holds_alternative<config::PollSourceSpec>(spec.kind);
    if (options.poll_script != nullptr && (!is_poll || options.poll_script->AnswersOf(spec.name) == nullptr)) continue;
    PollSurroundings surroundings;
    surroundings.once = !options.serve;
    if (is_poll) {
      surroundings = SurroundingsOf(spec.name);
      surroundings.asks = std::make_shared<PollAsks>();
      surroundings.rest = polls_rest;
    }
    TR_TRY(auto source, OpenEmbeddedSource(spec, pipeline, surroundings));
    if (source == nullptr) continue;
    // Without a server nobody can let a paused source go on, nor in a test before its polls are over; and the caller waits for its end.
    const bool may_go_on = options.serve && options.poll_script == nullptr;
    TR_TRY(auto runner, NewRunner(spec.name, std::move(source), spec.into, may_go_on ? WhenPaused::kWait : WhenPaused::kEnd));
    if (is_poll) polled[spec.name] = {surroundings.asks, runner.get()};
    sources.push_back(std::move(runner));
  }
  return {};
}

Result<engine::PumpTarget> Runtime::Parts::TargetOf(std::string_view name) const {
  const auto* stream = engine::FindStream(pipeline, name);
  if (stream == nullptr) return Fail(Error::NotFound(fmt::format("no stream {}", name)));
  TR_TRY(auto decoder, RecordDecoder::Compile(stream->schema, stream->key));
  const engine::StreamIds& ids = streams.at(stream->name);
  return engine::PumpTarget{stream->name, ids.records, ids.dead_letters, stream->partitions, "", std::move(decoder)};
}

Result<std::unique_ptr<SourceRunner>> Runtime::Parts::NewRunner(const std::string& name, std::unique_ptr<Source> source,
                                                                const std::vector<config::Target>& into, WhenPaused when_paused) {
  std::vector<engine::PumpTarget> targets;
  for (const config::Target& target : into) {
    TR_TRY(engine::PumpTarget found, TargetOf(target.stream));
    found.pointer = target.pointer;
    targets.push_back(std::move(found));
  }
  auto pump = std::make_unique<engine::SourcePump>(name, std::move(source), std::move(targets), *log, engine->dead_letters());
  const auto paused = [this, into]() -> std::optional<Error> {
    for (const config::Target& target : into) {
      const auto trouble = engine->rejects().Look(target.stream);
      if (!trouble || !trouble->pauses) continue;
      return Error::Unavailable(fmt::format("{}\n`tailrace dlq resume {}` lets it go on", trouble->reason, target.stream));
    }
    return std::nullopt;
  };
  pump->HoldWhile(paused, when_paused == WhenPaused::kEnd);
  return std::make_unique<SourceRunner>(std::move(pump));
}

Result<std::unique_ptr<Runtime>> Runtime::Open(config::Pipeline pipeline, RuntimeOptions options) {
  const std::string data = options.data.empty() ? pipeline.server.data : options.data;
  TR_TRY(auto directory, DataDirectory::Open(data));
  auto parts = std::make_unique<Parts>(std::move(pipeline), std::move(options), std::move(directory));
  TR_RETURN_IF_ERROR(parts->OpenLog());
  TR_RETURN_IF_ERROR(parts->OpenLake());
  TR_RETURN_IF_ERROR(parts->OpenStores());
  TR_RETURN_IF_ERROR(parts->OpenEngine());
  if (parts->lake != nullptr) TR_RETURN_IF_ERROR(parts->lake->OpenTables(parts->pipeline, parts->limits.lake_table, *parts->exporter, *parts->engine));
  parts->OpenRetention();
  TR_RETURN_IF_ERROR(parts->OpenJobs());
  if (parts->options.serve) TR_RETURN_IF_ERROR(parts->OpenServer());
  if (parts->options.read_sources || parts->options.poll_script != nullptr) TR_RETURN_IF_ERROR(parts->OpenSources());
  if (parts->engine->changed().empty()) TR_RETURN_IF_ERROR(parts->KeepDefinitions());
  return std::unique_ptr<Runtime>(new Runtime(std::move(parts)));
}

Runtime::Runtime(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Runtime::~Runtime() { Stop(); }

std::vector<engine::ChangedMaterialization> Runtime::changed() const { return parts_->engine->changed(); }

Status Runtime::Start() {
  parts_->engine->Start();
  if (parts_->lake != nullptr) parts_->lake->Start();
  parts_->retention->Start();
  if (parts_->doorkeeper != nullptr) parts_->doorkeeper->Start();
  if (parts_->server != nullptr) TR_RETURN_IF_ERROR(parts_->server->Start());
  if (parts_->options.poll_script == nullptr) StartSources();
  if (parts_->options.run_jobs) parts_->jobs->Start();
  return {};
}

void Runtime::StartSources() {
  for (const auto& source : parts_->sources) source->Start();
}

void Runtime::Stop() {
  if (std::exchange(parts_->stopped, true)) return;
  for (const auto& source : parts_->sources) source->Stop();
  if (parts_->jobs != nullptr) parts_->jobs->Stop();
  if (parts_->rebuilds != nullptr) parts_->rebuilds->RequestStop();
  if (parts_->backups != nullptr) parts_->backups->Stop();
  if (parts_->exports != nullptr) parts_->exports->Stop();
  if (parts_->server != nullptr) parts_->server->Stop();
  if (parts_->doorkeeper != nullptr) parts_->doorkeeper->Stop();
  parts_->retention->Stop();
  if (parts_->lake != nullptr) parts_->lake->Stop();
  parts_->engine->Stop();
  if (parts_->rebuilds != nullptr) parts_->rebuilds->Join();
  parts_->log->Stop();
}

Status Runtime::WaitSources(const std::stop_token& stop) {
  Status first;
  for (const auto& source : parts_->sources) {
    const Status ended = source->Wait(stop);
    if (!ended && first) first = Fail(ended.error().With(source->summary().name));
  }
  return first;
}

Status Runtime::FlushLake() { return parts_->lake == nullptr ? Status() : parts_->lake->Flush(); }

Status Runtime::WaitCaughtUp(const std::stop_token& stop) { return parts_->engine->WaitCaughtUp(stop); }

Result<SourceSummary> Runtime::LoadFile(
    const config::FileSourceSpec& file, const std::string& stream,
    const std::function<void(const SourceSummary&, int64_t bytes_done, int64_t bytes_all)>& progress, const std::stop_token& stop) {
  config::SourceSpec spec;
  spec.name = engine::kLoadSource;
  spec.into = {{stream, ""}};
  spec.kind = file;
  TR_TRY(auto source, OpenEmbeddedSource(spec, parts_->pipeline));
  TR_TRY(const auto runner, parts_->NewRunner(spec.name, std::move(source), spec.into, WhenPaused::kEnd));
  runner->Start();
  constexpr std::chrono::milliseconds kBetweenReports{100};
  Status ended;
  while (true) {
    ended = runner->WaitFor(kBetweenReports, stop);
    const SourceSummary summary = runner->summary();
    progress(summary, runner->bytes_done(), runner->size_hint());
    if (summary.ended || stop.stop_requested()) break;
  }
  runner->Stop();
  if (!ended) return Fail(ended.error());
  return runner->summary();
}

Result<engine::RebuildOutcome> Runtime::Rebuild(const std::string& name, const engine::RebuildOptions& options,
                                                engine::RebuildListener& listener, const std::stop_token& stop) {
  TR_TRY(auto outcome, parts_->engine->Rebuild(name, options, listener, stop));
  if (outcome.swapped && parts_->engine->changed().empty()) TR_RETURN_IF_ERROR(parts_->KeepDefinitions());
  return outcome;
}

std::vector<SourceSummary> Runtime::sources() const {
  std::vector<SourceSummary> summaries;
  for (const auto& source : parts_->sources) summaries.push_back(source->summary());
  return summaries;
}

std::string Runtime::address() const {
  return parts_->server == nullptr ? "" : parts_->server->address();
}

const config::Pipeline& Runtime::pipeline() const { return parts_->pipeline; }
engine::Engine& Runtime::engine() { return *parts_->engine; }
engine::Auditor& Runtime::auditor() { return *parts_->auditor; }
EventLog& Runtime::log() { return *parts_->log; }
Warehouse& Runtime::warehouse() { return *parts_->warehouse; }
ExportServices Runtime::export_services() { return parts_->Exports(); }
DocumentStore& Runtime::documents() { return *parts_->documents; }
const engine::StreamDirectory& Runtime::streams() const { return parts_->streams; }
Jobs& Runtime::jobs() { return *parts_->jobs; }
std::vector<engine::TimedWork*> Runtime::timed_work() { return {parts_->jobs.get()}; }

}  // namespace tailrace::app
