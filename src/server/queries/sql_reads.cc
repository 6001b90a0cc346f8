#include "server/queries/sql_reads.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "model/json_members.h"
#include "server/doors/body_format.h"

namespace tailrace::server {
namespace {

constexpr int kNotFoundStatus = 404;

// What a limited grant may name in SQL; nullopt: everything.
std::optional<std::set<std::string>> ReadableBy(const auth::Grant& grant) {
  if (!grant.limited()) return std::nullopt;
  std::set<std::string> names;
  for (const auth::Thing& thing : *grant.things) {
    if (thing.kind != auth::ThingKind::kStream && thing.kind != auth::ThingKind::kTable) continue;
    std::string lower = thing.name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    names.insert(std::move(lower));
  }
  return names;
}

// Of what is not there and what is not for this key the same is said.
Reply NotReadableReply() {
  return ErrorReply(403, "forbidden", "the query reads what the key is not for", "GET /status shows the streams and tables that it is for");
}

Result<QueryParameter> ParameterOf(const std::string& name, std::string_view json) {
  QueryParameter parameter;
  parameter.name = name;
  parameter.value = json;
  parameter.type.nullable = true;
  switch (json.front()) {
    case '"': {
      TR_TRY(parameter.value, JsonStringValue(json));
      parameter.type.kind = TypeKind::kString;
      return parameter;
    }
    case 't':
    case 'f': parameter.type.kind = TypeKind::kBool; return parameter;
    case 'n': parameter.null = true; return parameter;
    case '[':
    case '{': return Fail(Error::Invalid("params: " + name + " is neither a number, a text, true, false nor null"));
    default:
      parameter.type.kind = json.find_first_of(".eE") == std::string_view::npos ? TypeKind::kInt : TypeKind::kDouble;
      return parameter;
  }
}

}  // namespace

Result<SqlReads::Asked> SqlReads::ReadBody(const Request& request) const {
  Asked asked;
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  TR_TRY(asked.wait_for, reader_.TakeWaitFor(args, request.caller->grant));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  const auto members = JsonMembers(request.body);
  if (!members) return Fail(Error::Invalid(members.error().message() + "; a query is {\"sql\": \"SELECT ...\"}"));
  for (const auto& [name, value] : *members) {
    if (name == "sql") {
      TR_TRY(asked.request.sql, JsonStringValue(value));
    } else if (name == "params") {
      TR_TRY(const auto params, JsonMembers(value));
      for (const auto& [param, text] : params) {
        TR_TRY(QueryParameter parameter, ParameterOf(param, text));
        asked.request.parameters.push_back(std::move(parameter));
      }
    } else {
      return Fail(Error::Invalid("there is no member \"" + name + "\"; there are sql and params"));
    }
  }
  if (asked.request.sql.empty()) return Fail(Error::Invalid("\"sql\" is missing: {\"sql\": \"SELECT ...\"}"));
  return asked;
}

Result<SqlReads::Asked> SqlReads::ReadQuery(const Request& request) const {
  Asked asked;
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  asked.request.sql = args.Take("q").value_or("");
  TR_TRY(asked.wait_for, reader_.TakeWaitFor(args, request.caller->grant));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  if (asked.request.sql.empty()) return Fail(Error::Invalid("q is missing: /sql?q=SELECT%201"));
  return asked;
}

void SqlReads::Post(const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  if (!request.Header(HeaderField::kContentEncoding).empty()) {
    return exchange->Send(ErrorReply(415, "unsupported_coding", "the body of a query is not taken compressed"));
  }
  if (DetectBodyFormat(request.Header(HeaderField::kContentType), request.body) != BodyFormat::kJson) {
    return exchange->Send(ErrorReply(415, "unsupported_media_type", "a query is sent as application/json: {\"sql\": \"SELECT ...\"}"));
  }
  Run(exchange, ReadBody(request));
}

void SqlReads::Get(const ExchangePtr& exchange) { Run(exchange, ReadQuery(exchange->request())); }

void SqlReads::Run(const ExchangePtr& exchange, Result<Asked> asked) {
  if (!asked) return exchange->Send(ErrorReply(400, "invalid_request", asked.error().message()));
  const auto format = ChooseResultFormat(exchange->request().Header(HeaderField::kAccept));
  if (!format) return exchange->Send(ErrorReply(406, "not_acceptable", "results are given as " + ResultTypesText()));
  QueryAsk ask;
  ask.request = std::move(asked->request);
  ask.request.rows_max = reader_.limits().query_rows_max;
  ask.request.now_micros = reader_.services().clock.Now().micros;
  ask.format = *format;
  ask.request.readable = ReadableBy(exchange->request().caller->grant);
  reader_.Run(exchange, std::move(asked->wait_for), [this, ask = std::move(ask)](std::stop_token stop) {
    Reply reply = RunQuery(reader_.services(), ask, reader_.limits(), std::move(stop));
    return ask.request.readable && reply.status == kNotFoundStatus ? NotReadableReply() : reply;
  });
}

}  // namespace tailrace::server
