#include "server/streams/letter_reads.h"

#include <limits>

#include "model/json_members.h"
#include "server/http/json_out.h"
#include "server/http/named_things.h"
#include "server/http/query_args.h"
#include "server/streams/letters_json.h"

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

Result<engine::RedriveRequest> LetterReads::ReadRedrive(const Request& request) const {
  engine::RedriveRequest redrive;
  TR_TRY(const QueryArgs args, QueryArgs::Parse(request));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  if (request.body.empty()) return redrive;
  TR_TRY(const auto members, JsonMembers(request.body));
  for (const auto& [name, value] : members) {
    if (name == "fault") {
      TR_TRY(redrive.fault, JsonStringValue(value));
    } else if (name == "with") {
      TR_TRY(redrive.fix_sql, JsonStringValue(value));
    } else if (name == "dry_run") {
      if (value != "true" && value != "false") return Fail(Error::Invalid("dry_run is true or false"));
      redrive.dry_run = value == "true";
    } else {
      return Fail(Error::Invalid("there is no member \"" + name + "\"; there are fault, with and dry_run"));
    }
  }
  return redrive;
}

void LetterReads::Redrive(const ExchangePtr& exchange) {
  if (!services_.redrive) return exchange->Send(NoLettersReply());
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  auto redrive = ReadRedrive(exchange->request());
  if (!redrive) return exchange->Send(ErrorReply(400, "invalid_request", redrive.error().message()));
  redrive->stream = services_.pipeline.streams[static_cast<size_t>(index)].name;
  pool_.Run(exchange, [this, redrive = std::move(*redrive)](const std::stop_token& stop) {
    const auto report = services_.redrive(redrive, stop);
    if (!report) return ErrorReply(report.error());
    Reply reply;
    JsonWriter json(reply.body);
    WriteRedriveReport(json, redrive, *report);
    return reply;
  });
}

void LetterReads::Resume(const ExchangePtr& exchange) {
  if (services_.rejects == nullptr) return exchange->Send(NoLettersReply());
  const std::string name = exchange->request().PathParam(0);
  const int index = ingest_.FindStream(name);
  if (index < 0) return exchange->Send(NoStreamReply(services_.pipeline, name));
  const std::string& stream = services_.pipeline.streams[static_cast<size_t>(index)].name;
  pool_.Run(exchange, [this, stream](const std::stop_token&) {
    const auto before = services_.rejects->Look(stream);
    if (const Status resumed = services_.rejects->Resume(stream); !resumed) return ErrorReply(resumed.error());
    Reply reply;
    JsonWriter json(reply.body);
    WriteResumed(json, stream, before);
    return reply;
  });
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
