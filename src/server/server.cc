#include "server/server.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "base/logging.h"
#include "server/admin/backup_route.h"
#include "server/admin/job_routes.h"
#include "server/admin/rebuild_door.h"
#include "server/admin/settings_door.h"
#include "server/admin/system_reads.h"
#include "server/console/console.h"
#include "server/dashboards/dashboard_reads.h"
#include "server/doors/aws_door.h"
#include "server/doors/ingest.h"
#include "server/doors/kafka_rest.h"
#include "server/doors/kinesis_gateway.h"
#include "server/doors/load_door.h"
#include "server/graph/graph_reads.h"
#include "server/http/admission.h"
#include "server/http/connection.h"
#include "server/http/gate.h"
#include "server/http/listener.h"
#include "server/http/loop.h"
#include "server/http/loopback_host.h"
#include "server/http/openapi.h"
#include "server/http/read_pool.h"
#include "server/http/router.h"
#include "server/queries/api_reads.h"
#include "server/queries/collection_reads.h"
#include "server/queries/export_route.h"
#include "server/queries/reader.h"
#include "server/queries/sql_reads.h"
#include "server/queries/wait_list.h"
#include "server/route_table.h"
#include "server/streams/audit_reads.h"
#include "server/streams/letter_reads.h"
#include "server/streams/stream_reads.h"
#include "server/streams/tail.h"

namespace tailrace::server {
namespace {

constexpr std::chrono::milliseconds kStopPoll{5};
constexpr std::chrono::milliseconds kHousekeeping{50};

std::vector<auth::Thing> ThingsOf(const std::vector<config::Target>& targets) {
  std::vector<auth::Thing> things;
  for (const config::Target& target : targets) things.push_back({auth::ThingKind::kStream, target.stream});
  return things;
}

}  // namespace

struct Server::Parts {
  Parts(const Services& with, ServerOptions how, Exports* exporting, Settings* keeping)
      : services(with),
        options(std::move(how)),
        exports(exporting),
        router(services.metrics),
        gate(services.pipeline, services.authenticator, services.metrics),
        cors(options.cors.origins, options.cors.max_age),
        admission(options.limits.ingest_delay_target, services.clock, services.metrics),
        shared{router, options.limits, gate, cors, nullptr, true, admission, ByteBudget(options.limits.bytes_in_flight_max),
               ByteBudget(options.limits.answer_bytes_max), ByteBudget(options.limits.kept_bytes_max)},
        query_pool("queries", options.read_threads, options.limits, services.clock, services.metrics),
        tail_pool("tails", 1, options.limits, services.clock, services.metrics),
        load_pool("loads", 1, options.limits, services.clock, services.metrics),
        system(services, options.version),
        graph(services, options.limits, router),
        rebuilds(services),
        settings(keeping, options.limits, services.clock, services.metrics) {
    for (int i = 0; i < options.ingest_threads; ++i) loops.push_back(std::make_unique<Loop>(static_cast<size_t>(i), services.clock));
  }

  Status Assemble();
  Status AddRoutes();
  Status AddSources();
  Status AddDescription();
  void RunOnEachLoop(const std::function<void(Loop&)>& work);
  void KeepHouse();

  const Services services;
  const ServerOptions options;
  Exports* const exports;  // null: none
  Router router;
  Gate gate;
  Cors cors;
  std::unique_ptr<Certificates> certificates;
  Admission admission;
  ConnectionShared shared;
  ReadPool query_pool;
  ReadPool tail_pool;
  ReadPool load_pool;
  SystemReads system;
  GraphReads graph;
  std::optional<Console> console;
  RebuildDoor rebuilds;
  SettingsDoor settings;
  std::unique_ptr<Ingest> ingest;
  std::vector<std::unique_ptr<IngestDoor>> doors;
  std::unique_ptr<KafkaRest> kafka;
  std::unique_ptr<KinesisGateway> gateway;
  std::unique_ptr<AwsDoor> aws;
  std::unique_ptr<StreamReads> stream_reads;
  std::unique_ptr<LetterReads> letters;
  std::unique_ptr<LoadDoor> loads;     // null: nothing takes them
  std::unique_ptr<AuditReads> audits;  // null: no auditor
  std::unique_ptr<TailHub> tails;
  std::unique_ptr<WaitList> waits;
  std::unique_ptr<Reader> reader;
  std::unique_ptr<CollectionReads> collections;
  std::unique_ptr<SqlReads> sql;
  std::unique_ptr<ApiReads> apis;
  std::unique_ptr<DashboardReads> dashboards;
  std::string openapi;
  std::vector<std::unique_ptr<Loop>> loops;  // after what their pending work refers to
  std::unique_ptr<Listener> listener;
  bool started = false;
  bool stopped = false;
};

Status Server::Parts::Assemble() {
  TR_TRY(const bool is_loopback, IsLoopbackHost(options.host));
  if (!is_loopback && !options.auth_none && gate.IsOpen()) {
    return Fail(Error::Invalid("server.listen: " + options.host + " is reachable from other machines, and there are no keys; make one with "
                               "`tailrace keys add`, listen on 127.0.0.1, or write server.auth: none"));
  }
  for (const auto& loop : loops) TR_RETURN_IF_ERROR(loop->CheckTimers());
  shared.loopback_only = is_loopback;
  if (options.tls) {
    TR_TRY(certificates, Certificates::Load(*options.tls));
    shared.certificates = certificates.get();
  }
  std::vector<Executor*> executors;
  for (const auto& loop : loops) executors.push_back(loop.get());
  TR_TRY(ingest, Ingest::Create(services, options.limits, shared.body_bytes, admission, executors));
  kafka = std::make_unique<KafkaRest>(services, *ingest);
  gateway = std::make_unique<KinesisGateway>(services, *ingest);
  aws = std::make_unique<AwsDoor>(services, gate, *ingest, query_pool);
  stream_reads = std::make_unique<StreamReads>(services, options, *ingest, query_pool);
  letters = std::make_unique<LetterReads>(services, options.limits, *ingest, query_pool);
  if (services.loads != nullptr) loads = std::make_unique<LoadDoor>(services, *ingest, load_pool);
  if (services.auditor != nullptr) audits = std::make_unique<AuditReads>(services, options.limits, query_pool);
  tails = std::make_unique<TailHub>(services, options.limits, *ingest, tail_pool, *loops.front());
  waits = std::make_unique<WaitList>(services.progress, *loops.front(), options.limits, services.clock);
  reader = std::make_unique<Reader>(services, options.limits, *ingest, query_pool, *waits);
  collections = std::make_unique<CollectionReads>(*reader);
  sql = std::make_unique<SqlReads>(*reader);
  TR_TRY(apis, ApiReads::Create(*reader, *collections));
  TR_TRY(dashboards, DashboardReads::Create(*reader, query_pool, *loops.front()));
  services.metrics.AddCallback("tailrace_http_connections", "Connections open.", {},
                               [this] { return static_cast<double>(shared.connections.load()); });
  services.metrics.AddCallback("tailrace_http_body_bytes", "Bodies of requests being answered, in bytes.", {},
                               [this] { return static_cast<double>(shared.body_bytes.used()); });
  services.metrics.AddCallback("tailrace_http_answer_bytes", "Large answers that clients have not taken yet, in bytes.", {},
                               [this] { return static_cast<double>(shared.answer_bytes.used()); });
  TR_RETURN_IF_ERROR(AddRoutes());
  TR_RETURN_IF_ERROR(AddSources());
  return AddDescription();
}

Status Server::Parts::AddRoutes() {
  TR_TRY(console, Console::Create(EmbeddedConsolePack(), options.cors.origins));
  for (RouteSpec& route : FixedRoutes({*ingest, *stream_reads, *tails, *collections, *sql, *dashboards, system, *letters, *kafka, *gateway, *aws, graph, *console,
                                        services.rebuilds == nullptr ? nullptr : &rebuilds, audits.get()})) {
    TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  }
  TR_RETURN_IF_ERROR(router.Add(BackupRoute(services)));
  for (RouteSpec& route : JobRoutes(services, query_pool)) TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  TR_RETURN_IF_ERROR(router.Add(ExportRoute(exports)));
  for (RouteSpec& route : settings.Routes()) TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  if (loads != nullptr) {
    for (RouteSpec& route : loads->Routes()) TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  }
  for (RouteSpec& route : apis->Routes()) TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  return {};
}

// Last, so that it describes all the others, and itself.
Status Server::Parts::AddDescription() {
  RouteSpec route(Access::Filtered(auth::Role::kRead));
  route.method = "GET";
  route.pattern = "/openapi.json";
  route.summary = "This description.";
  route.handler = [this](const ExchangePtr& exchange) {
    const auth::Grant& grant = exchange->request().caller->grant;
    Reply reply;
    reply.body = grant.limited() ? OpenApiText(router, services.pipeline.name, options.version, &grant) : openapi;
    exchange->Send(std::move(reply));
  };
  TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  openapi = OpenApiText(router, services.pipeline.name, options.version);
  return {};
}

// The doors that the pipeline file describes.
Status Server::Parts::AddSources() {
  for (const config::SourceSpec& source : services.pipeline.sources) {
    const auto* http = std::get_if<config::HttpSourceSpec>(&source.kind);
    if (http == nullptr) continue;
    auto door = DoorOfSource(services.pipeline, source, *http);
    if (!door) return Fail(std::move(door).error().With("source " + source.name));
    doors.push_back(std::make_unique<IngestDoor>(std::move(*door)));
    RouteSpec route(Access::Things(auth::Role::kIngest, ThingsOf(source.into)));
    route.method = http->method;
    route.pattern = http->route;
    route.summary = "Source " + source.name + ": records for " + source.into.front().stream + ".";
    route.takes_body = true;
    route.appends = true;
    route.consumes = {"application/json", "application/x-ndjson", "text/csv"};
    route.handler = [this, at = doors.back().get()](const ExchangePtr& exchange) { ingest->Append(exchange, *at); };
    TR_RETURN_IF_ERROR(router.Add(std::move(route)));
  }
  return {};
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Stop(); }

Result<std::unique_ptr<Server>> Server::Create(const Services& services, const ServerOptions& options, Exports* exports, Settings* settings) {
  auto parts = std::make_unique<Parts>(services, options, exports, settings);
  TR_RETURN_IF_ERROR(parts->Assemble());
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Status Server::Start() {
  Parts& parts = *parts_;
  parts.listener = std::make_unique<Listener>(parts.loops, parts.shared, parts.services.metrics);
  TR_RETURN_IF_ERROR(parts.listener->Open(parts.options.host, parts.options.port));
  parts.started = true;
  parts.ingest->Start();
  parts.query_pool.Start();
  if (parts.audits != nullptr) parts.audits->Start();
  parts.tail_pool.Start();
  parts.load_pool.Start();
  parts.graph.Start();
  parts.settings.Start();
  parts.KeepHouse();
  for (const auto& loop : parts.loops) loop->Start();
  LogInfo("listening", {{"address", address()}});
  return {};
}

void Server::Parts::KeepHouse() {
  query_pool.StopOverdue();
  load_pool.StopOverdue();
  settings.KeepHouse();
  waits->Check();
  tails->Tick();
  graph.Tick();
  dashboards->Tick();
  if (certificates != nullptr) certificates->Look(services.clock.Monotonic());
  loops.front()->After(kHousekeeping, [this] { KeepHouse(); });
}

void Server::Parts::RunOnEachLoop(const std::function<void(Loop&)>& work) {
  for (const auto& loop : loops) {
    std::promise<void> done;
    loop->Post([&] {
      work(*loop);
      done.set_value();
    });
    done.get_future().wait();
  }
}

void Server::Stop() {
  Parts& parts = *parts_;
  if (!parts.started || std::exchange(parts.stopped, true)) return;
  parts.shared.stopping = true;
  parts.RunOnEachLoop([&parts](Loop& loop) {
    if (loop.index() == 0) parts.listener->Close();
    loop.ForEachConnection([](Connection& connection) { connection.StopAfterCurrent(); });
  });
  const auto patience_ends = std::chrono::steady_clock::now() + parts.options.limits.stop_grace;
  while (parts.shared.connections.load() > 0 && std::chrono::steady_clock::now() < patience_ends) {
    std::this_thread::sleep_for(kStopPoll);
  }
  parts.ingest->Stop();
  parts.query_pool.Stop();
  parts.dashboards->Stop();
  if (parts.audits != nullptr) parts.audits->Stop();
  parts.tail_pool.Stop();
  parts.load_pool.Stop();
  parts.graph.Stop();
  parts.settings.Stop();
  parts.RunOnEachLoop([](Loop& loop) { loop.ForEachConnection([](Connection& connection) { connection.Close(); }); });
  for (const auto& loop : parts.loops) loop->Stop();
}

uint16_t Server::port() const { return parts_->listener->endpoint().port(); }

std::string Server::address() const {
  const auto endpoint = parts_->listener->endpoint();
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

}  // namespace tailrace::server
