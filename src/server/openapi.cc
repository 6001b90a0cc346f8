#include "server/openapi.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kErrorSchema =
    R"({"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["code","message"],)"
    R"("properties":{"code":{"type":"string"},"message":{"type":"string"},"hint":{"type":"string"},"details":{}}}}})";
constexpr std::string_view kErrorResponse =
    R"({"description":"What was wrong.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}})";

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

void WriteOperation(JsonWriter& json, const RouteSpec& spec) {
  json.Key(Lowered(spec.method)).BeginObject().Text("summary", spec.summary);
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

std::string OpenApiText(const Router& router, std::string_view title, std::string_view version) {
  std::map<std::string, std::vector<const RouteSpec*>> by_path;
  for (const Route* route : router.routes()) by_path[route->spec().pattern].push_back(&route->spec());
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Text("openapi", "3.0.3").Key("info").BeginObject();
  json.Text("title", title).Text("version", version).EndObject().Key("paths").BeginObject();
  for (const auto& [pattern, specs] : by_path) {
    json.Key(pattern).BeginObject();
    for (const RouteSpec* spec : specs) WriteOperation(json, *spec);
    json.EndObject();
  }
  json.EndObject().Key("components").BeginObject().Key("schemas").BeginObject().Raw("Error", kErrorSchema);
  json.EndObject().EndObject().EndObject();
  return text;
}

}  // namespace tailrace::server
