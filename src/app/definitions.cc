#include "app/definitions.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/json_value.h"
#include "base/file_system.h"
#include "model/definition.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

constexpr std::string_view kFile = "definitions.json";
constexpr int64_t kVersion = 1;

void WriteColumns(server::JsonWriter& json, const std::vector<config::ColumnSpec>& columns) {
  json.BeginArray();
  for (const auto& column : columns) json.BeginObject().Text("name", column.name).Text("type", column.type).EndObject();
  json.EndArray();
}

std::vector<config::ColumnSpec> ReadColumns(const JsonValue& json) {
  std::vector<config::ColumnSpec> columns;
  for (const JsonValue& column : json.items) {
    columns.push_back({std::string(column.TextOf("name")), std::string(column.TextOf("type"))});
  }
  return columns;
}

std::string ParamText(const config::ParamSpec& param) {
  std::string text = param.name + ": " + TypeText(param.type);
  if (param.default_value) text += " = " + *param.default_value;
  if (param.min) text += " min " + *param.min;
  if (param.max) text += " max " + *param.max;
  return text;
}

const JsonValue& Member(const JsonValue& json, std::string_view name) {
  static const JsonValue kNothing;
  const JsonValue* found = json.Find(name);
  return found == nullptr ? kNothing : *found;
}

}  // namespace

KeptDefinitions DefinitionsOf(const config::Pipeline& pipeline) {
  KeptDefinitions kept;
  for (const auto& stream : pipeline.streams) {
    kept.streams.push_back({stream.name, stream.partitions, stream.key});
    if (stream.store) kept.made.push_back({"rows", stream.name, stream.name, StoredRowsDefinition(stream.schema)});
  }
  for (const auto& table : pipeline.tables) kept.made.push_back({"table", table.name, table.stream, table.fingerprint});
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) {
      kept.made.push_back({"collection", collection.name, collection.stream, collection.fingerprint});
    }
  }
  for (const auto& api : pipeline.apis) {
    KeptApi& one = kept.apis.emplace_back();
    one.name = api.name;
    one.method = api.method;
    one.route = api.route;
    for (const auto& param : api.params) one.params.push_back(ParamText(param));
    const auto columns = pipeline.api_columns.find(api.name);
    if (columns != pipeline.api_columns.end()) one.columns = columns->second;
  }
  kept.columns = pipeline.relation_columns;
  return kept;
}

std::string DefinitionsJson(const KeptDefinitions& definitions) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Int("version", kVersion).Key("streams").BeginArray();
  for (const KeptStream& stream : definitions.streams) {
    json.BeginObject().Text("name", stream.name).Int("partitions", stream.partitions).Text("key", stream.key).EndObject();
  }
  json.EndArray().Key("made").BeginArray();
  for (const KeptMade& made : definitions.made) {
    json.BeginObject().Text("kind", made.kind).Text("name", made.name).Text("stream", made.stream);
    json.Text("definition", made.definition).EndObject();
  }
  json.EndArray().Key("apis").BeginArray();
  for (const KeptApi& api : definitions.apis) {
    json.BeginObject().Text("name", api.name).Text("method", api.method).Text("route", api.route).Key("params").BeginArray();
    for (const std::string& param : api.params) json.Text(param);
    json.EndArray().Key("columns");
    WriteColumns(json, api.columns);
    json.EndObject();
  }
  json.EndArray().Key("relations").BeginArray();
  for (const auto& [name, columns] : definitions.columns) {
    json.BeginObject().Text("name", name).Key("columns");
    WriteColumns(json, columns);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

Result<KeptDefinitions> ParseDefinitions(const std::string& text) {
  TR_TRY(const JsonValue json, ParseJson(text));
  if (json.IntOf("version") != kVersion) return Fail(Error::Invalid("written by another version of the program"));
  KeptDefinitions kept;
  for (const JsonValue& stream : Member(json, "streams").items) {
    kept.streams.push_back({std::string(stream.TextOf("name")), stream.IntOf("partitions"), std::string(stream.TextOf("key"))});
  }
  for (const JsonValue& made : Member(json, "made").items) {
    kept.made.push_back({std::string(made.TextOf("kind")), std::string(made.TextOf("name")), std::string(made.TextOf("stream")),
                         std::string(made.TextOf("definition"))});
  }
  for (const JsonValue& api : Member(json, "apis").items) {
    KeptApi& one = kept.apis.emplace_back();
    one.name = api.TextOf("name");
    one.method = api.TextOf("method");
    one.route = api.TextOf("route");
    for (const JsonValue& param : Member(api, "params").items) one.params.push_back(param.text);
    one.columns = ReadColumns(Member(api, "columns"));
  }
  for (const JsonValue& relation : Member(json, "relations").items) {
    kept.columns[std::string(relation.TextOf("name"))] = ReadColumns(Member(relation, "columns"));
  }
  return kept;
}

Status WriteDefinitions(const std::string& data, const config::Pipeline& pipeline) {
  FileSystem& files = PosixFileSystem();
  const std::string path = fmt::format("{}/{}", data, kFile);
  const std::string fresh = path + ".new";
  const std::string text = DefinitionsJson(DefinitionsOf(pipeline));
  {
    TR_TRY(const auto file, files.Open(fresh, OpenMode::kCreate));
    TR_RETURN_IF_ERROR(file->Truncate(0));
    TR_RETURN_IF_ERROR(file->WriteAt(0, text));
    TR_RETURN_IF_ERROR(file->Sync());
  }
  TR_RETURN_IF_ERROR(files.Rename(fresh, path));
  return files.SyncDirectory(data);
}

Result<KeptDefinitions> ReadDefinitions(const std::string& data) {
  const std::string path = fmt::format("{}/{}", data, kFile);
  std::ifstream file(path);
  if (!file) return Fail(Error::NotFound(fmt::format("{} is not there: nothing has run on this data yet", path)));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto kept = ParseDefinitions(text);
  if (!kept) return Fail(kept.error().With(path));
  return kept;
}

}  // namespace tailrace::app
