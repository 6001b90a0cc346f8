// Dashboards as they are written; what the SQL of their tiles means, and how it is drawn, is settled later.
#include <algorithm>
#include <cctype>
#include <set>

#include "config/job_nodes.h"
#include "config/nearest.h"
#include "config/read_params.h"
#include "config/reading.h"
#include "config/tile_title.h"
#include "sql/duckdb.h"

namespace tailrace::config {
namespace {

std::vector<std::string> NamesOf(const std::vector<ParamSpec>& params) {
  std::vector<std::string> names;
  for (const ParamSpec& param : params) names.push_back(param.name);
  return names;
}

bool IsTime(const Type& type) { return type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp; }

// `jobs.daily` has two parts.
std::string QuotedRelation(std::string_view name) {
  std::string quoted;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t dot = std::min(name.find('.', begin), name.size());
    quoted += (begin > 0 ? "." : "") + sql::QuoteIdentifier(name.substr(begin, dot - begin));
    begin = dot + 1;
  }
  return quoted;
}

// Names that need no quotes stay as they are, for this is shown.
std::string WrittenRelation(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  return plain ? std::string(name) : QuotedRelation(name);
}

// Reads one dashboard. Threads: one. Ownership: borrows all.
class DashboardReader {
 public:
  DashboardReader(const Entry& entry, Reading& reading) : entry_(entry), body_(*entry.value), reading_(reading) {}

  DashboardSpec Read();

 private:
  const ParamSpec* FindParam(const Node& node);
  void ReadRange();
  void ReadChoices();
  void ReadTiles();
  void ReadTile(Node& node, size_t number);
  bool ReadContent(Node& node, TileSpec* tile);
  void ReadSets(const Node& node, TileSpec* tile);
  std::string SqlName(std::string_view part) const { return "dashboards." + dashboard_.name + "." + std::string(part); }

  const Entry& entry_;
  const Node& body_;
  Reading& reading_;
  DashboardSpec dashboard_;
  bool params_are_sound_ = true;
};

// Tells one that there is not.
const ParamSpec* DashboardReader::FindParam(const Node& node) {
  for (const ParamSpec& param : dashboard_.params) {
    if (param.name == node.text) return &param;
  }
  if (params_are_sound_) {
    reading_.report.Error(node.begin, "there is no parameter " + Quoted(node.shown()) + SuggestionFor(node, NamesOf(dashboard_.params)));
  }
  return nullptr;
}

void DashboardReader::ReadRange() {
  const Node* range = Find(body_, "range");
  const Node* from = range == nullptr ? nullptr : Find(*range, "from");
  const Node* to = range == nullptr ? nullptr : Find(*range, "to");
  if (from == nullptr || to == nullptr) return;
  const ParamSpec* ends[] = {FindParam(*from), FindParam(*to)};
  for (const Node* node : {from, to}) {
    const ParamSpec* param = ends[node == to ? 1 : 0];
    if (param != nullptr && !IsTime(param->type)) {
      reading_.report.Error(node->begin, "a range is of dates or timestamps, and " + Quoted(param->name) + " is " + TypeText(param->type));
      return;
    }
  }
  if (ends[0] == nullptr || ends[1] == nullptr) return;
  if (ends[0] == ends[1]) reading_.report.Error(to->begin, "a range has two ends: name another parameter");
  if (ends[0]->type.kind != ends[1]->type.kind) {
    reading_.report.Error(to->begin, "both ends of a range are dates, or both are timestamps: " + Quoted(ends[0]->name) + " is " +
                                         TypeText(ends[0]->type) + ", and " + Quoted(ends[1]->name) + " is " + TypeText(ends[1]->type));
  }
  dashboard_.range = TimeRangeSpec{from->text, to->text};
}

void DashboardReader::ReadChoices() {
  const Node* choices = Find(body_, "choices");
  if (choices == nullptr) return;
  for (const Entry& choice : choices->entries) {
    if (choice.key->broken || choice.value->broken || FindParam(*choice.key) == nullptr) continue;
    ChoicesSpec spec;
    spec.param = choice.key->text;
    spec.sql = ReadSqlNode(*choice.value, choice, SqlName("choices." + spec.param), reading_);
    dashboard_.choices.push_back(std::move(spec));
  }
}

// One of sql, from and text. False: there is none to go on with, and that has been told.
bool DashboardReader::ReadContent(Node& node, TileSpec* tile) {
  const Entry* sql = node.Find("sql");
  const Entry* from = node.Find("from");
  const Entry* text = node.Find("text");
  if ((sql != nullptr) + (from != nullptr) + (text != nullptr) != 1) {
    reading_.report.Error(node.begin, "a tile has one of sql, from and text");
    return false;
  }
  const std::string name = SqlName(tile->name);
  if (text != nullptr) {
    tile->chart = Chart::kText;
    tile->text = TextOr(node, "text", "");
    reading_.sql[name] = {nullptr, text->key, &node};
    return !text->value->broken;
  }
  const Node* value = Find(node, sql != nullptr ? "sql" : "from");
  if (value == nullptr) return false;
  if (sql != nullptr) {
    tile->sql = ReadSqlNode(*value, Entry{sql->key, &node}, name, reading_);
    return true;
  }
  tile->sql.text = "SELECT * FROM " + WrittenRelation(value->text);
  tile->sql.place = reading_.PlaceOf(*value);
  tile->sql.line_places = {tile->sql.place};
  reading_.sql[name] = {nullptr, value, &node};
  return true;
}

void DashboardReader::ReadSets(const Node& node, TileSpec* tile) {
  const Node* sets = Find(node, "sets");
  if (sets == nullptr) return;
  for (const Entry& set : sets->entries) {
    if (!set.key->broken && !set.value->broken && FindParam(*set.key) != nullptr) tile->sets.emplace_back(set.key->text, set.value->text);
  }
}

void DashboardReader::ReadTile(Node& node, size_t number) {
  TileSpec tile;
  tile.name = TextOr(node, "name", std::to_string(number));
  tile.place = reading_.PlaceOf(node);
  const bool taken = std::any_of(dashboard_.tiles.begin(), dashboard_.tiles.end(), [&](const TileSpec& other) { return other.name == tile.name; });
  if (taken) {
    const Node* name = Find(node, "name");
    reading_.report.Error(name == nullptr ? node.begin : name->begin, "two tiles are named " + Quoted(tile.name));
    return;
  }
  if (!ReadContent(node, &tile)) return;
  ReadSets(node, &tile);
  dashboard_.tiles.push_back(std::move(tile));
}

void DashboardReader::ReadTiles() {
  const Node* tiles = Find(body_, "tiles");
  if (tiles == nullptr) return;
  size_t number = 0;
  for (Node* node : tiles->items) {
    ++number;
    if (!node->broken && node->kind == NodeKind::kMapping) ReadTile(*node, number);
  }
}

DashboardSpec DashboardReader::Read() {
  dashboard_.name = entry_.key->text;
  dashboard_.place = reading_.PlaceOf(*entry_.key);
  dashboard_.title = TextOr(body_, "title", ReadableName(dashboard_.name));
  dashboard_.description = TextOr(body_, "description", "");
  dashboard_.params = ReadParams(body_, &params_are_sound_, reading_);
  if (!params_are_sound_) reading_.dashboards_with_broken_params.insert(dashboard_.name);
  ReadRange();
  ReadChoices();
  ReadTiles();
  return std::move(dashboard_);
}

}  // namespace

void ReadDashboards(const Node& root, Reading& reading) {
  for (const Entry& entry : EntriesOf(root, "dashboards", reading)) {
    const Node& body = *entry.value;
    if (body.broken || body.kind != NodeKind::kMapping) continue;
    reading.sql["dashboards." + entry.key->text] = {nullptr, entry.key, &body};
    reading.pipeline.dashboards.push_back(DashboardReader(entry, reading).Read());
  }
}

}  // namespace tailrace::config
