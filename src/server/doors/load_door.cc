#include "server/doors/load_door.h"

#include "engine/dead_letter.h"
#include "server/http/json_out.h"
#include "server/http/named_things.h"
#include "server/http/query_args.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kPattern = "/streams/{stream}/load";

Reply PlaceReply(const std::optional<ResumePoint>& point) {
  Reply reply;
  JsonWriter json(reply.body);
  const ResumePoint from = point.value_or(ResumePoint{});
  json.BeginObject().Int("next", from.next).Text("detail", from.detail);
  if (from.held_next > from.next) json.Int("held_next", from.held_next).Text("held_detail", from.held_detail);
  json.EndObject();
  return reply;
}

Reply ReceiptReply(const engine::LoadReceipt& receipt) {
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Int("accepted", receipt.accepted).Int("refused", receipt.refused).Key("errors").BeginArray();
  for (const engine::LoadFault& fault : receipt.faults) {
    json.BeginObject();
    if (fault.line > 0) json.Int("line", fault.line);
    json.Int("place", fault.place).Text("pointer", fault.pointer).Text("reason", fault.reason).EndObject();
  }
  json.EndArray().EndObject();
  return reply;
}

}  // namespace

LoadDoor::LoadDoor(const Services& services, Ingest& ingest, ReadPool& pool) : services_(services), ingest_(ingest), pool_(pool) {
  for (const config::StreamSpec& stream : services.pipeline.streams) schemas_.push_back(engine::SchemaFingerprint(stream.schema));
}

void LoadDoor::Open(const ExchangePtr& exchange) {
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  std::string item;
  const auto read_args = [&]() -> Status {
    TR_TRY(QueryArgs args, QueryArgs::Parse(exchange->request()));
    item = args.Take("item").value_or("");
    if (item.empty()) return Fail(Error::Invalid("`item` says which file is meant"));
    return args.RefuseRest();
  };
  if (auto status = read_args(); !status) return exchange->Send(InvalidParameterReply(status.error()));
  const std::string& stream = services_.pipeline.streams[static_cast<size_t>(index)].name;
  pool_.Run(exchange, [this, stream, item](const std::stop_token&) {
    const auto point = services_.loads->Open(stream, item);
    return point ? PlaceReply(*point) : ErrorReply(point.error());
  });
}

void LoadDoor::Take(const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  const std::string name = request.PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  if (MediaType(request.Header(HeaderField::kContentType)) != kRowMessageType || request.Has(HeaderField::kContentEncoding)) {
    return exchange->Send(ErrorReply(415, "unsupported_type", "rows come as " + std::string(kRowMessageType) + ", as they are",
                                     "POST /streams/" + name + " takes JSON and CSV"));
  }
  const auto stream = static_cast<size_t>(index);
  if (auto paused = ingest_.PausedReplyOf(stream)) return exchange->Send(std::move(*paused));
  pool_.Run(exchange, [this, stream, client = request.caller->name, body = request.body](const std::stop_token&) {
    return TakeReply(stream, client, body);
  });
}

Reply LoadDoor::TakeReply(size_t stream, const std::string& client, std::string_view body) {
  const auto message = ParseRowMessage(body);
  if (!message) return ErrorReply(message.error());
  if (message->schema != schemas_[stream]) {
    return ErrorReply(409, "other_schema", "the schema of stream " + services_.pipeline.streams[stream].name + " is not the one that the rows were read by",
                      "the server runs another version of the pipeline file: start it again");
  }
  const auto receipt = services_.loads->Take(services_.pipeline.streams[stream].name, client, *message);
  if (!receipt) return ErrorReply(receipt.error());
  ingest_.CountLoaded(stream, *receipt);
  return ReceiptReply(*receipt);
}

std::vector<RouteSpec> LoadDoor::Routes() {
  const RouteParam stream{"stream", "path", "Name or alias of a stream.", true, "string"};
  RouteSpec open(Access::StreamInPath(auth::Role::kIngest));
  open.method = "GET";
  open.pattern = kPattern;
  open.summary = "Where `load` is to go on with a file.";
  open.handler = [this](const ExchangePtr& exchange) { Open(exchange); };
  open.params = {stream, {"item", "query", "Which file: its identity, as `load` has it.", true, "string"}};

  RouteSpec take(Access::StreamInPath(auth::Role::kIngest));
  take.method = "POST";
  take.pattern = kPattern;
  take.summary = "Append rows of a file together with how far it was read; answered when both are on stable storage.";
  take.handler = [this](const ExchangePtr& exchange) { Take(exchange); };
  take.takes_body = true;
  take.appends = true;
  take.consumes = {std::string(kRowMessageType)};
  take.params = {stream};
  std::vector<RouteSpec> routes;
  routes.push_back(std::move(open));
  routes.push_back(std::move(take));
  return routes;
}

}  // namespace tailrace::server
