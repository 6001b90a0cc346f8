#include "server/dashboards/dashboard_json.h"

#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

void WriteTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.Key(name).BeginArray();
  for (const std::string& text : texts) json.Text(text);
  json.EndArray();
}

void WriteOptional(JsonWriter& json, std::string_view name, const std::string& text) {
  json.Key(name);
  if (text.empty()) {
    json.Null();
  } else {
    json.Text(text);
  }
}

void WriteByName(JsonWriter& json, std::string_view name, const config::TextByName& texts) {
  json.Key(name).BeginObject();
  for (const auto& [key, text] : texts) json.Text(key, text);
  json.EndObject();
}

void WriteParam(JsonWriter& json, const config::ParamSpec& param) {
  json.BeginObject().Text("name", param.name).Text("type", TypeText(param.type));
  json.Bool("required", param.required).Bool("nullable", param.type.nullable);
  WriteOptional(json, "default", param.default_value.value_or(""));
  WriteOptional(json, "min", param.min.value_or(""));
  WriteOptional(json, "max", param.max.value_or(""));
  json.EndObject();
}

void WriteTile(JsonWriter& json, const config::TileSpec& tile, bool whole) {
  json.BeginObject().Text("name", tile.name).Text("title", tile.title).Text("chart", config::ChartName(tile.chart));
  WriteOptional(json, "sql", whole ? tile.sql.text : "");
  WriteOptional(json, "text", tile.text);
  WriteOptional(json, "x", tile.x);
  WriteTexts(json, "y", tile.y);
  WriteOptional(json, "series", tile.series);
  WriteOptional(json, "value", tile.value);
  WriteOptional(json, "change", tile.change);
  json.Bool("stacked", tile.stacked).Bool("horizontal", tile.horizontal);
  WriteByName(json, "format", tile.format);
  WriteByName(json, "sets", tile.sets);
  json.Int("width", tile.width).Int("height", tile.height).Key("columns").BeginArray();
  for (const config::ColumnSpec& column : tile.columns) json.BeginObject().Text("name", column.name).Text("type", column.type).EndObject();
  json.EndArray();
  WriteTexts(json, "reads", tile.reads);
  WriteTexts(json, "params", tile.params);
  json.EndObject();
}

}  // namespace

std::string DashboardsJson(const std::vector<const config::DashboardSpec*>& dashboards) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("dashboards").BeginArray();
  for (const config::DashboardSpec* dashboard : dashboards) {
    json.BeginObject().Text("name", dashboard->name).Text("title", dashboard->title).Text("description", dashboard->description);
    json.Int("tiles", static_cast<int64_t>(dashboard->tiles.size())).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

std::string DashboardJson(const config::DashboardSpec& dashboard, const std::string& file, bool whole) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Text("name", dashboard.name).Text("title", dashboard.title).Text("description", dashboard.description);
  json.Key("params").BeginArray();
  for (const config::ParamSpec& param : dashboard.params) WriteParam(json, param);
  json.EndArray().Key("range");
  if (dashboard.range) {
    json.BeginObject().Text("from", dashboard.range->from).Text("to", dashboard.range->to).EndObject();
  } else {
    json.Null();
  }
  json.Key("choices").BeginArray();
  for (const config::ChoicesSpec& choices : dashboard.choices) json.Text(choices.param);
  json.EndArray().Key("tiles").BeginArray();
  for (const config::TileSpec& tile : dashboard.tiles) WriteTile(json, tile, whole);
  json.EndArray().Key("definition");
  if (whole) {
    json.BeginObject().Text("file", file).Int("line", dashboard.place.line).EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  return text;
}

}  // namespace tailrace::server
