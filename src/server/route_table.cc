#include "server/route_table.h"

#include "server/admin/rebuild_door.h"
#include "server/admin/system_reads.h"
#include "server/console/console.h"
#include "server/dashboards/dashboard_reads.h"
#include "server/doors/aws_door.h"
#include "server/doors/ingest.h"
#include "server/doors/kafka_rest.h"
#include "server/doors/kinesis_gateway.h"
#include "server/graph/graph_reads.h"
#include "server/queries/collection_reads.h"
#include "server/queries/sql_reads.h"
#include "server/streams/audit_reads.h"
#include "server/streams/letter_reads.h"
#include "server/streams/stream_reads.h"
#include "server/streams/tail.h"

namespace tailrace::server {
namespace {

using auth::Role;

const std::vector<std::string> kRecordTypes = {"application/json", "application/x-ndjson", "text/csv"};

RouteParam PathParam(std::string name, std::string description) { return {std::move(name), "path", std::move(description), true, "string"}; }

RouteParam QueryParam(std::string name, std::string description, std::string type = "string") {
  return {std::move(name), "query", std::move(description), false, std::move(type)};
}

RouteParam StreamParam() { return PathParam("stream", "Name or alias of a stream."); }

RouteSpec Get(Access access, std::string pattern, std::string summary, Handler handler, std::vector<RouteParam> params = {}) {
  RouteSpec spec(std::move(access));
  spec.method = "GET";
  spec.pattern = std::move(pattern);
  spec.summary = std::move(summary);
  spec.handler = std::move(handler);
  spec.params = std::move(params);
  return spec;
}

void AddStreamRoutes(std::vector<RouteSpec>& routes, Ingest& ingest, StreamReads& streams) {
  RouteSpec append(Access::StreamInPath(Role::kIngest));
  append.method = "POST";
  append.pattern = "/streams/{stream}";
  append.summary = "Append records; answered when they are on stable storage.";
  append.handler = [&ingest](const ExchangePtr& exchange) { ingest.AppendToStream(exchange); };
  append.takes_body = true;
  append.appends = true;
  append.consumes = kRecordTypes;
  append.params = {StreamParam(), QueryParam("atomic", "Refuse all records when one is refused.", "boolean"),
                   QueryParam("dry_run", "Tell what the append would answer, and keep nothing: no record, no dead letter, no Idempotency-Key.", "boolean"),
                   {"Idempotency-Key", "header", "The same key again gets the first answer, and nothing is stored twice.", false, "string"}};
  routes.push_back(std::move(append));

  routes.push_back(Get(Access::Filtered(Role::kRead), "/streams", "The streams and their positions.", [&streams](const ExchangePtr& exchange) { streams.List(exchange); }));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/streams/{stream}", "Schema and positions of a stream.",
                       [&streams](const ExchangePtr& exchange) { streams.Describe(exchange); }, {StreamParam()}));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/streams/{stream}/records", "Records of one partition, as they came.",
                       [&streams](const ExchangePtr& exchange) { streams.Records(exchange); },
                       {StreamParam(), QueryParam("partition", "Default 0.", "integer"),
                        QueryParam("from", "First offset; default the oldest there is.", "integer"),
                        QueryParam("limit", "Records at most.", "integer")}));
}

std::vector<RouteParam> WithWaitFor(std::vector<RouteParam> params) {
  params.push_back(QueryParam("wait_for", "STREAM/PARTITION:OFFSET,...: answer once these are in what is read."));
  params.push_back(QueryParam("timeout", "How long to wait, such as 2s or 500ms."));
  return params;
}

void AddTailRoute(std::vector<RouteSpec>& routes, TailHub& tails) {
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/streams/{stream}/tail", "Records as they come, as server-sent events.",
                       [&tails](const ExchangePtr& exchange) { tails.Open(exchange); },
                       {StreamParam(), QueryParam("partition", "Default all.", "integer"),
                        QueryParam("from", "oldest, an offset, or PARTITION:OFFSET,...; default the end."),
                        {"Last-Event-ID", "header", "Where an earlier tail ended.", false, "string"}}));
  routes.back().produces = {"text/event-stream"};
}

void AddReadRoutes(std::vector<RouteSpec>& routes, CollectionReads& collections, SqlReads& sql) {
  const RouteParam collection = PathParam("collection", "Name of a collection.");
  routes.push_back(Get(Access::CollectionInPath(Role::kRead), "/collections/{collection}/{key}", "One document.",
                       [&collections](const ExchangePtr& exchange) { collections.Get(exchange); },
                       WithWaitFor({collection, PathParam("key", "Its key.")})));
  routes.push_back(Get(Access::CollectionInPath(Role::kRead), "/collections/{collection}", "Documents by key, or by an indexed field: ?FIELD=VALUE.",
                       [&collections](const ExchangePtr& exchange) { collections.Find(exchange); },
                       WithWaitFor({collection, QueryParam("limit", "Documents at most.", "integer"),
                                    QueryParam("after", "The key that the page before ended with.")})));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/sql", "One read-only SELECT.", [&sql](const ExchangePtr& exchange) { sql.Get(exchange); },
                       WithWaitFor({{"q", "query", "The SELECT.", true, "string"}})));
  routes.back().produces = ResultTypes();
  RouteSpec post = Get(Access::Filtered(Role::kRead), "/sql", "One read-only SELECT: {\"sql\", \"params\"?}.",
                       [&sql](const ExchangePtr& exchange) { sql.Post(exchange); }, WithWaitFor({}));
  post.method = "POST";
  post.takes_body = true;
  post.consumes = {"application/json"};
  post.produces = ResultTypes();
  routes.push_back(std::move(post));
}

void AddDashboardRoutes(std::vector<RouteSpec>& routes, DashboardReads& dashboards) {
  const RouteParam dashboard = PathParam("dashboard", "Name of a dashboard.");
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dashboards", "The dashboards of the pipeline.",
                       [&dashboards](const ExchangePtr& exchange) { dashboards.List(exchange); }));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dashboards/{dashboard}", "A dashboard: its parameters, and how each tile is drawn.",
                       [&dashboards](const ExchangePtr& exchange) { dashboards.Show(exchange); }, {dashboard}));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dashboards/{dashboard}/tiles/{tile}",
                       "What a tile shows, for the dashboard's parameters: ?NAME=VALUE.",
                       [&dashboards](const ExchangePtr& exchange) { dashboards.Tile(exchange); },
                       WithWaitFor({dashboard, PathParam("tile", "Its name; its number, from 1, where it has none.")})));
  routes.back().produces = ResultTypes();
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dashboards/{dashboard}/events", "Which tiles have changed, as server-sent events.",
                       [&dashboards](const ExchangePtr& exchange) { dashboards.Events(exchange); }, {dashboard}));
  routes.back().produces = {"text/event-stream"};
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dashboards/{dashboard}/choices/{param}", "What may be chosen for a parameter.",
                       [&dashboards](const ExchangePtr& exchange) { dashboards.Choices(exchange); },
                       WithWaitFor({dashboard, PathParam("param", "Its name.")})));
}

void AddLetterRoutes(std::vector<RouteSpec>& routes, LetterReads& letters) {
  routes.push_back(Get(Access::Filtered(Role::kRead), "/dlq", "Dead letters of every stream, grouped by fault.",
                       [&letters](const ExchangePtr& exchange) { letters.List(exchange); }));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/dlq/{stream}", "Dead letters of a stream that nobody has sent again.",
                       [&letters](const ExchangePtr& exchange) { letters.Show(exchange); },
                       {StreamParam(), QueryParam("fault", "Id or name of a fault, as GET /dlq gives them; default all."),
                        QueryParam("limit", "Letters at most.", "integer"),
                        QueryParam("after", "Only letters beyond this one: `next` of the page before.", "integer")}));
  RouteSpec redrive = Get(Access::StreamInPath(Role::kAdmin), "/dlq/{stream}/redrive",
                          "Send dead letters again: {\"fault\"?, \"with\"?: a SELECT over dead_letters, \"dry_run\"?}.",
                          [&letters](const ExchangePtr& exchange) { letters.Redrive(exchange); }, {StreamParam()});
  redrive.method = "POST";
  redrive.takes_body = true;
  redrive.consumes = {"application/json"};
  routes.push_back(std::move(redrive));
  RouteSpec resume = Get(Access::StreamInPath(Role::kAdmin), "/dlq/{stream}/resume",
                         "Dead letters of until now count no more against the stream's max_rejects; what they held up goes on.",
                         [&letters](const ExchangePtr& exchange) { letters.Resume(exchange); }, {StreamParam()});
  resume.method = "POST";
  routes.push_back(std::move(resume));
}

void AddSystemRoutes(std::vector<RouteSpec>& routes, SystemReads& system) {
  routes.push_back(Get(Access::Public(), "/healthz", "Whether the process answers.", [&system](const ExchangePtr& exchange) { system.Health(exchange); }));
  routes.push_back(Get(Access::Public(), "/readyz", "Whether it should get requests; if not, why.", [&system](const ExchangePtr& exchange) { system.Ready(exchange); }));
  routes.push_back(Get(Access::Whole(Role::kRead), "/metrics", "Metrics as Prometheus text.", [&system](const ExchangePtr& exchange) { system.MetricsText(exchange); }));
  routes.back().produces = {"text/plain"};
  routes.push_back(Get(Access::Filtered(Role::kRead), "/status", "Positions of every stream and of what is made from it.",
                       [&system](const ExchangePtr& exchange) { system.ServerStatus(exchange); }));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/whoami", "The caller's name and roles, and the pipeline's.",
                       [&system](const ExchangePtr& exchange) { system.WhoAmI(exchange); }));
}

void AddGraphRoute(std::vector<RouteSpec>& routes, GraphReads& graph) {
  routes.push_back(Get(Access::Filtered(Role::kRead), "/graph", "The parts of the pipeline, what leads to what, and how each of them stands.",
                       [&graph](const ExchangePtr& exchange) { graph.Graph(exchange); }));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/graph/{kind}/{name}", "One part of the pipeline: its numbers over the last half hour.",
                       [&graph](const ExchangePtr& exchange) { graph.Part(exchange); },
                       {PathParam("kind", "Of the part, as GET /graph has it."), PathParam("name", "The same.")}));
}

void AddAuditRoute(std::vector<RouteSpec>& routes, AuditReads& audits) {
  routes.push_back(Get(Access::Filtered(Role::kRead), "/audit", "Whether every record is accounted for: read = emitted + filtered + dead-lettered.",
                       [&audits](const ExchangePtr& exchange) { audits.Audit(exchange); },
                       {QueryParam("recount", "true: read the log again and count every record anew.", "boolean")}));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/trace/{stream}/{partition}/{offset}",
                       "Where one record is now: what each table and collection made of it.",
                       [&audits](const ExchangePtr& exchange) { audits.Trace(exchange); },
                       {StreamParam(), PathParam("partition", "Of the stream, from 0."), PathParam("offset", "In the partition, from 0.")}));
}

void AddKafkaRoutes(std::vector<RouteSpec>& routes, KafkaRest& kafka) {
  const RouteParam topic = PathParam("topic", "Name or alias of a stream.");
  const size_t first = routes.size();
  RouteSpec produce(Access::StreamInPath(Role::kIngest));
  produce.method = "POST";
  produce.pattern = "/topics/{topic}";
  produce.summary = "Append records as to a Kafka REST Proxy, version 2.";
  produce.handler = [&kafka](const ExchangePtr& exchange) { kafka.Produce(exchange); };
  produce.takes_body = true;
  produce.appends = true;
  produce.consumes = {"application/vnd.kafka.json.v2+json", "application/vnd.kafka.binary.v2+json"};
  produce.params = {topic};
  routes.push_back(std::move(produce));
  routes.push_back(Get(Access::Filtered(Role::kRead), "/topics", "Names of the streams, as a Kafka REST Proxy lists its topics.",
                       [&kafka](const ExchangePtr& exchange) { kafka.ListTopics(exchange); }));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/topics/{topic}", "A stream as a topic.",
                       [&kafka](const ExchangePtr& exchange) { kafka.DescribeTopic(exchange); }, {topic}));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/topics/{topic}/partitions", "The partitions of a topic.",
                       [&kafka](const ExchangePtr& exchange) { kafka.ListPartitions(exchange); }, {topic}));
  routes.push_back(Get(Access::StreamInPath(Role::kRead), "/topics/{topic}/partitions/{partition}", "One of them.",
                       [&kafka](const ExchangePtr& exchange) { kafka.DescribePartition(exchange); },
                       {topic, PathParam("partition", "From 0.")}));
  for (size_t i = first; i < routes.size(); ++i) {
    routes[i].produces = {std::string(kKafkaType)};
    routes[i].dress = [&kafka](Reply reply) { return kafka.envelope().Dress(std::move(reply)); };
  }
}

void AddGatewayRoutes(std::vector<RouteSpec>& routes, KinesisGateway& gateway) {
  RouteSpec put(Access::StreamInPath(Role::kIngest));
  put.method = "PUT";
  put.takes_body = true;
  put.appends = true;
  put.consumes = {"application/json"};
  put.params = {StreamParam()};
  put.dress = [&gateway](Reply reply) { return gateway.envelope().Dress(std::move(reply)); };
  put.pattern = "/streams/{stream}/record";
  put.summary = "Append a record as to Kinesis behind an API gateway: {\"StreamName\"?, \"Data\", \"PartitionKey\"}.";
  put.handler = [&gateway](const ExchangePtr& exchange) { gateway.PutRecord(exchange); };
  routes.push_back(put);
  put.pattern = "/streams/{stream}/records";
  put.summary = "The same for several: {\"records\": [{\"data\", \"partition-key\"}]}.";
  put.handler = [&gateway](const ExchangePtr& exchange) { gateway.PutRecords(exchange); };
  routes.push_back(std::move(put));
}

void AddAwsRoute(std::vector<RouteSpec>& routes, AwsDoor& aws) {
  RouteSpec call(Access::Signed());
  call.method = "POST";
  call.pattern = "/";
  call.summary = "Kinesis and Firehose as their clients speak to them, such as boto3: X-Amz-Target says what is to be done.";
  call.handler = [&aws](const ExchangePtr& exchange) { aws.Call(exchange); };
  call.dress = [](Reply reply) { return AwsDressed(std::move(reply), AwsDialect::kKinesis); };
  call.takes_body = true;
  call.consumes = {std::string(kAwsJsonType)};
  call.produces = {std::string(kAwsJsonType)};
  call.params = {{"X-Amz-Target", "header", "Kinesis_20131202.PutRecord and the like.", true, "string"}};
  routes.push_back(std::move(call));
}

void AddRebuildRoute(std::vector<RouteSpec>& routes, RebuildDoor& rebuilds) {
  RouteSpec rebuild(Access::Whole(Role::kAdmin));
  rebuild.method = "POST";
  rebuild.pattern = "/rebuild/{name}";
  rebuild.summary = "Compute a table, a collection or stored rows anew from the log; progress as server-sent events.";
  rebuild.handler = [&rebuilds](const ExchangePtr& exchange) { rebuilds.Open(exchange); };
  rebuild.params = {PathParam("name", "Of the table, the collection, or the stream whose rows are meant."),
                    QueryParam("diff", "Tell the rows or documents that differ between the old state and the new one.", "boolean"),
                    QueryParam("dry_run", "Leave the old state in its place.", "boolean"),
                    QueryParam("definition", "Fingerprint of the definition that is meant; 409 when another one is running.")};
  rebuild.produces = {"text/event-stream"};
  routes.push_back(std::move(rebuild));
}

}  // namespace

std::vector<RouteSpec> FixedRoutes(const RouteOwners& owners) {
  std::vector<RouteSpec> routes;
  AddStreamRoutes(routes, owners.ingest, owners.streams);
  AddTailRoute(routes, owners.tails);
  AddReadRoutes(routes, owners.collections, owners.sql);
  AddDashboardRoutes(routes, owners.dashboards);
  AddLetterRoutes(routes, owners.letters);
  AddSystemRoutes(routes, owners.system);
  AddGraphRoute(routes, owners.graph);
  for (RouteSpec& route : owners.console.Routes()) routes.push_back(std::move(route));
  AddKafkaRoutes(routes, owners.kafka);
  AddGatewayRoutes(routes, owners.gateway);
  AddAwsRoute(routes, owners.aws);
  if (owners.rebuilds != nullptr) AddRebuildRoute(routes, *owners.rebuilds);
  if (owners.audits != nullptr) AddAuditRoute(routes, *owners.audits);
  return routes;
}

}  // namespace tailrace::server
