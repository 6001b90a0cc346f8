#include "server/queries/api_reads.h"

#include <algorithm>
#include <utility>

#include "server/queries/query_reply.h"

namespace tailrace::server {
namespace {

std::vector<std::string> Placeholders(std::string_view pattern) {
  std::vector<std::string> names;
  for (size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    const size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    names.emplace_back(pattern.substr(open + 1, close - open - 1));
  }
  return names;
}

std::string_view JsonSchemaType(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt: return "integer";
    case TypeKind::kDouble:
    case TypeKind::kDecimal: return "number";
    case TypeKind::kBool: return "boolean";
    default: return "string";
  }
}

}  // namespace

Result<std::unique_ptr<ApiReads>> ApiReads::Create(Reader& reader, CollectionReads& collections) {
  std::unique_ptr<ApiReads> reads(new ApiReads(reader, collections));
  for (const config::ApiSpec& spec : reader.services().pipeline.apis) {
    Api api;
    api.spec = &spec;
    api.path_params = Placeholders(spec.route);
    for (const config::ParamSpec& param : spec.params) {
      auto compiled = ApiParam::Compile(param);
      if (!compiled) return Fail(std::move(compiled).error().With("api " + spec.name));
      api.params.push_back(std::move(*compiled));
    }
    reads->apis_.push_back(std::move(api));
  }
  return reads;
}

std::vector<RouteSpec> ApiReads::Routes() {
  std::vector<RouteSpec> routes;
  for (const Api& api : apis_) routes.push_back(RouteOf(api));
  return routes;
}

RouteSpec ApiReads::RouteOf(const Api& api) {
  RouteSpec route(Access::Things(auth::Role::kRead, {{auth::ThingKind::kApi, api.spec->name}}));
  route.method = api.spec->method;
  route.pattern = api.spec->route;
  route.summary = api.spec->document.empty() ? "Query " + api.spec->name + "." : "A document of " + api.spec->document + ".";
  if (api.spec->document.empty() && !api.spec->one) route.produces = ResultTypes();
  for (const ApiParam& param : api.params) {
    const config::ParamSpec& spec = param.spec();
    const bool in_path = std::find(api.path_params.begin(), api.path_params.end(), spec.name) != api.path_params.end();
    route.params.push_back({spec.name, in_path ? "path" : "query", TypeText(spec.type), in_path || (spec.required && !spec.default_value),
                            std::string(JsonSchemaType(spec.type.kind))});
  }
  route.handler = [this, &api](const ExchangePtr& exchange) { Answer(api, exchange); };
  return route;
}

Result<ApiReads::Asked> ApiReads::ReadParams(const Api& api, const Request& request) const {
  Asked asked;
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  for (const ApiParam& param : api.params) {
    const auto in_path = std::find(api.path_params.begin(), api.path_params.end(), param.spec().name);
    std::optional<std::string> text;
    if (in_path != api.path_params.end()) {
      text = request.PathParam(static_cast<size_t>(in_path - api.path_params.begin()));
    } else {
      text = args.Take(param.spec().name);
    }
    TR_TRY(QueryParameter parameter, param.Read(text));
    asked.parameters.push_back(std::move(parameter));
  }
  TR_TRY(asked.wait_for, reader_.TakeWaitFor(args, request.caller->grant));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  return asked;
}

void ApiReads::Answer(const Api& api, const ExchangePtr& exchange) {
  auto asked = ReadParams(api, exchange->request());
  if (!asked) return exchange->Send(InvalidParameterReply(asked.error()));
  if (!api.spec->document.empty()) {
    const auto key = std::find_if(asked->parameters.begin(), asked->parameters.end(),
                                  [&](const QueryParameter& parameter) { return parameter.name == api.spec->key_param; });
    std::string text = key == asked->parameters.end() ? "" : std::move(key->value);
    return collections_.SendDocument(exchange, api.spec->document, std::move(text), std::move(asked->wait_for));
  }
  const auto format = ChooseResultFormat(exchange->request().Header(HeaderField::kAccept));
  if (!format) return exchange->Send(ErrorReply(406, "not_acceptable", "results are given as " + ResultTypesText()));
  QueryAsk ask;
  ask.request.sql = api.spec->sql.text;
  ask.request.parameters = std::move(asked->parameters);
  ask.request.rows_max = reader_.limits().query_rows_max;
  ask.request.now_micros = reader_.services().clock.Now().micros;
  ask.request.trusted = true;
  ask.shape = api.spec->one ? QueryShape::kOne : QueryShape::kData;
  ask.format = *format;
  ask.title = api.spec->name;
  reader_.Run(exchange, std::move(asked->wait_for), [this, ask = std::move(ask)](std::stop_token stop) {
    return RunQuery(reader_.services(), ask, reader_.limits(), std::move(stop));
  });
}

}  // namespace tailrace::server
