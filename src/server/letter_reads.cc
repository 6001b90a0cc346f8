#include "server/letter_reads.h"

#include <limits>

#include "server/json_out.h"
#include "server/letters_json.h"
#include "server/named_things.h"
#include "server/query_args.h"

namespace tailrace::server {
namespace {

Reply NoLettersReply() { return ErrorReply(404, "no_dead_letters", "this server keeps no dead letters"); }

}  // namespace

void LetterReads::List(const ExchangePtr& exchange) {
  if (services_.letters == nullptr) return exchange->Send(NoLettersReply());
  const auto& caller = exchange->request().caller;
  std::vector<std::string> streams;
  for (const config::StreamSpec& stream : services_.pipeline.streams) {
    if (caller->grant.Covers(auth::ThingKind::kStream, stream.name)) streams.push_back(stream.name);
  }
  pool_.Run(exchange, [this, streams](const std::stop_token&) { return ListReply(streams); });
}

Reply LetterReads::ListReply(const std::vector<std::string>& streams) {
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Key("streams").BeginArray();
  for (const std::string& stream : streams) {
    const auto list = services_.letters->List(stream);
    if (!list) return ErrorReply(list.error());
    WriteFaultList(json, stream, *list);
  }
  json.EndArray().EndObject();
  return reply;
}

void LetterReads::Show(const ExchangePtr& exchange) {
  if (services_.letters == nullptr) return exchange->Send(NoLettersReply());
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  engine::LetterFilter filter;
  const auto read_args = [&]() -> Status {
    TR_TRY(QueryArgs args, QueryArgs::Parse(exchange->request()));
    filter.fault = args.Take("fault").value_or("");
    TR_TRY(const auto after, args.TakeInt("after", 0, std::numeric_limits<int64_t>::max()));
    TR_TRY(const auto limit, args.TakeInt("limit", 1, static_cast<int64_t>(limits_.records_page_max)));
    TR_RETURN_IF_ERROR(args.RefuseRest());
    if (after) filter.after = Offset{*after};
    filter.limit = static_cast<size_t>(limit.value_or(static_cast<int64_t>(limits_.records_page_default)));
    return {};
  };
  if (auto status = read_args(); !status) return exchange->Send(InvalidParameterReply(status.error()));
  const std::string& stream = services_.pipeline.streams[static_cast<size_t>(index)].name;
  pool_.Run(exchange, [this, stream, filter](const std::stop_token&) { return ShowReply(stream, filter); });
}

Reply LetterReads::ShowReply(const std::string& stream, const engine::LetterFilter& filter) {
  const auto page = services_.letters->Show(stream, filter);
  if (!page) return ErrorReply(page.error());
  Reply reply;
  JsonWriter json(reply.body);
  json.BeginObject().Text("stream", stream);
  WriteLetterPage(json, *page);
  json.EndObject();
  return reply;
}

}  // namespace tailrace::server
