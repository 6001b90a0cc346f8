#include "server/http/openapi.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kErrorSchema =
    R"({"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["code","message"],)"
    R"("properties":{"code":{"type":"string"},"message":{"type":"string"},"hint":{"type":"string"},"details":{}}}}})";
constexpr std::string_view kErrorResponse =
    R"({"description":"What was wrong.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}})";

constexpr std::string_view kSecuritySchemes =
    R"({"bearer":{"type":"http","scheme":"bearer"},"key":{"type":"apiKey","in":"header","name":"X-API-Key"}})";

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lowered;
}

void WriteMediaTypes(JsonWriter& json, const std::vector<std::string>& types) {
  json.Key("content").BeginObject();
  for (const std::string& type : types) json.Key(type).BeginObject().EndObject();
  json.EndObject();
}

void WriteParams(JsonWriter& json, const std::vector<RouteParam>& params) {
  json.Key("parameters").BeginArray();
  for (const RouteParam& param : params) {
    json.BeginObject()
        .Text("name", param.name)
        .Text("in", param.where)
        .Text("description", param.description)
        .Bool("required", param.required || param.where == "path")
        .Key("schema")
        .BeginObject()
        .Text("type", param.type)
        .EndObject()
        .EndObject();
  }
  json.EndArray();
}

bool IsFor(const auth::Grant& grant, const Access& access) {
  if (access.reach() == Access::Reach::kPublic) return true;
  if (!grant.Holds(access.role()) || (grant.limited() && access.reach() == Access::Reach::kWhole)) return false;
  const auto& things = access.things();
  return std::all_of(things.begin(), things.end(), [&](const auth::Thing& thing) { return grant.Covers(thing); });
}

void WriteOperation(JsonWriter& json, const RouteSpec& spec) {
  json.Key(Lowered(spec.method)).BeginObject().Text("summary", spec.summary);
  if (spec.access.reach() == Access::Reach::kPublic) json.Raw("security", "[]");
  json.Text("x-tailrace-role", spec.access.reach() == Access::Reach::kPublic ? "public" : auth::RoleName(spec.access.role()));
  if (!spec.params.empty()) WriteParams(json, spec.params);
  if (spec.takes_body) {
    json.Key("requestBody").BeginObject().Bool("required", true);
    WriteMediaTypes(json, spec.consumes);
    json.EndObject();
  }
  json.Key("responses").BeginObject().Key("2XX").BeginObject().Text("description", "Done.");
  WriteMediaTypes(json, spec.produces);
  json.EndObject().Raw("default", kErrorResponse).EndObject().EndObject();
}

}  // namespace

std::string OpenApiText(const Router& router, std::string_view title, std::string_view version, const auth::Grant* grant) {
  std::map<std::string, std::vector<const RouteSpec*>> by_path;
  for (const Route* route : router.routes()) {
    if (grant == nullptr || IsFor(*grant, route->spec().access)) by_path[route->spec().pattern].push_back(&route->spec());
  }
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Text("openapi", "3.0.3").Key("info").BeginObject();
  json.Text("title", title).Text("version", version).EndObject().Key("paths").BeginObject();
  for (const auto& [pattern, specs] : by_path) {
    json.Key(pattern).BeginObject();
    for (const RouteSpec* spec : specs) WriteOperation(json, *spec);
    json.EndObject();
  }
  json.EndObject().Raw("security", R"([{"bearer":[]},{"key":[]}])").Key("components").BeginObject();
  json.Raw("securitySchemes", kSecuritySchemes).Key("schemas").BeginObject().Raw("Error", kErrorSchema);
  json.EndObject().EndObject().EndObject();
  return text;
}

}  // namespace tailrace::server
