// Named queries and look-ups.
#include <algorithm>
#include <utility>

#include "config/nearest.h"
#include "config/read_params.h"
#include "config/reading.h"
#include "sql/duckdb.h"

namespace tailrace::config {
namespace {

void CheckCollection(const Node& node, Reading& reading) {
  const Relation* relation = reading.catalog.Find(node.text);
  if (relation == nullptr) {
    if (reading.catalog.incomplete()) return;
    reading.report.Error(node.begin, "there is no collection " + Quoted(node.shown()) +
                                         SuggestionFor(node, reading.catalog.Names({RelationKind::kCollection})));
  } else if (relation->kind != RelationKind::kCollection) {
    reading.report.Error(
        node.begin, Quoted(node.shown()) + " is a " + std::string(KindName(relation->kind)) + ", not a collection");
  }
}

void ReadDocumentApi(const Node& body, const Node& document, ApiSpec* api, Reading& reading) {
  api->document = document.text;
  CheckCollection(document, reading);
  for (std::string_view other : {"sql", "shape"}) {
    if (const Entry* entry = body.Find(other)) {
      reading.report.Error(entry->key->begin, Quoted(other) + " has no meaning beside \"document\"");
    }
  }
  std::vector<std::string> names;
  for (const ParamSpec& param : api->params) names.push_back(param.name);
  if (const Node* key = Find(body, "key")) {
    api->key_param = key->text;
    const bool known = std::find(names.begin(), names.end(), key->text) != names.end();
    if (!known && !reading.apis_with_broken_params.contains(api->name)) {
      reading.report.Error(key->begin, "there is no parameter " + Quoted(key->shown()) + SuggestionFor(*key, names));
    }
  } else if (api->params.size() == 1) {
    api->key_param = names[0];
  } else if (body.Find("key") == nullptr && !reading.apis_with_broken_params.contains(api->name)) {
    reading.report.Error(document.begin, "\"key\" is missing: the parameter that holds the document's key");
  }
}

// `name: {}`: all rows of the relation of that name.
void ReadWholeRelation(const Entry& entry, ApiSpec* api, Reading& reading) {
  const Relation* relation = reading.catalog.Find(api->name);
  if (relation == nullptr) {
    if (reading.catalog.incomplete()) return;
    const auto names = reading.catalog.Names({RelationKind::kStream, RelationKind::kTable, RelationKind::kView});
    reading.report.Error(entry.key->begin,
                         "an api without sql answers with the relation of its name, and there is none named " +
                             Quoted(api->name) + Suggestion(api->name, names));
  } else if (relation->kind == RelationKind::kCollection) {
    reading.report.Error(entry.key->begin, Quoted(api->name) + " is a collection: write document: " + api->name +
                                               " with a key, or read " + Quoted("/collections/" + api->name));
  } else {
    api->sql.text = "FROM " + sql::QuoteIdentifier(api->name) + " ORDER BY ALL";
    api->sql.place = reading.PlaceOf(*entry.key);
    api->sql.line_places = {api->sql.place};
    reading.sql["apis." + api->name] = {nullptr, entry.key, entry.value};
  }
}

void ReadApi(const Entry& entry, Routes& routes, Reading& reading) {
  const Node& body = *entry.value;
  ApiSpec api;
  api.name = entry.key->text;
  api.place = reading.PlaceOf(*entry.key);
  bool sound = true;
  api.params = ReadParams(body, &sound, reading);
  // Nothing is said about who uses one that is wrong.
  if (!sound) reading.apis_with_broken_params.insert(api.name);
  api.one = TextOr(body, "shape", "many") == "one";
  std::optional<Route> route;
  if (const Node* written = Find(body, "route"))
    route = routes.Read(*written, {"GET"}, reading);
  else if (body.Find("route") == nullptr)
    route = routes.Claim({"GET", "/api/" + api.name}, *entry.key, reading);
  if (route) {
    api.method = std::move(route->method);
    api.route = std::move(route->path);
  }
  if (const Node* document = Find(body, "document")) {
    ReadDocumentApi(body, *document, &api, reading);
  } else if (Find(body, "sql") != nullptr) {
    api.sql = ReadSql(entry, "apis", reading);
    if (const Entry* key = body.Find("key"))
      reading.report.Error(key->key->begin, "\"key\" has no meaning without \"document\"");
  } else if (body.Find("sql") == nullptr && body.Find("document") == nullptr) {
    ReadWholeRelation(entry, &api, reading);
  }
  reading.pipeline.apis.push_back(std::move(api));
}

}  // namespace

void ReadApis(const Node& root, Routes& routes, Reading& reading) {
  const Node* section = root.Value("apis");
  reading.apis_incomplete = section != nullptr && section->broken;
  for (const Entry& entry : EntriesOf(root, "apis", reading)) {
    reading.api_names.push_back(entry.key->text);
    if (!entry.value->broken) ReadApi(entry, routes, reading);
  }
}

}  // namespace tailrace::config
