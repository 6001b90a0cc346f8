// The SQL of dashboards: what their tiles and choices read and answer.
#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/nearest.h"
#include "config/sql_checker.h"
#include "config/sql_words.h"
#include "config/tile_chart.h"

namespace tailrace::config {
namespace {

// Stands where an unknown column was, and has this name when it is one of the answer.
constexpr std::string_view kInPlace = "0";
// Columns of one SQL that are told to be unknown.
constexpr size_t kUnknownColumnsMax = 20;
constexpr size_t kChoiceColumnsMax = 2;  // the value, and what it is called

std::vector<ColumnSpec> ColumnsOf(const Columns& columns) {
  std::vector<ColumnSpec> copy;
  for (const sql::ResultColumn& column : columns) copy.push_back({column.name, column.type});
  return copy;
}

bool IsNameCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '"'; }

// The name that begins at `position`, without what it is qualified with; in its place is a number as wide. Empty: there is none.
std::string TakeName(std::string* text, size_t position) {
  size_t end = position;
  while (end < text->size() && IsNameCharacter((*text)[end])) ++end;
  if (end == position) return {};
  const std::string taken = text->substr(position, end - position);
  text->replace(position, end - position, std::string(kInPlace) + std::string(end - position - kInPlace.size(), ' '));
  std::string name = taken.substr(taken.rfind('.') + 1);
  std::erase(name, '"');
  return name;
}

const ParamSpec* ParamOf(const DashboardSpec& dashboard, std::string_view name) {
  for (const ParamSpec& param : dashboard.params) {
    if (Folded(param.name) == Folded(name)) return &param;
  }
  return nullptr;
}

}  // namespace

// One text of a dashboard, and where what is found out about it goes.
struct SqlCheck::DashboardSql {
  const SqlText& text;
  std::vector<ColumnSpec>& columns;
  std::vector<std::string>& reads;
  std::vector<std::string>& params;
};

// DuckDB tells of one unknown column at a time. Each further one is told with a number in place of those before it. Returns the columns that
// the SQL would have, with the unknown ones, which have no type; none when it has other faults too.
std::vector<ColumnSpec> SqlCheck::TellOfOtherColumns(const Query& query, std::string text,
                                                     const std::vector<std::pair<std::string, std::string>>& parameters, sql::SqlError error) {
  std::vector<ColumnSpec> unknown;
  for (size_t i = 0; i < kUnknownColumnsMax && IsUnknownColumn(error) && error.position; ++i) {
    const std::string name = TakeName(&text, *error.position);
    if (name.empty()) return {};
    unknown.push_back({name, ""});
    const auto columns = scratch_->Describe(text, parameters);
    if (columns) {
      std::vector<ColumnSpec> all = ColumnsOf(*columns);
      std::erase_if(all, [](const ColumnSpec& column) { return column.name == kInPlace; });
      all.insert(all.end(), unknown.begin(), unknown.end());
      return all;
    }
    error = columns.error();
    if (IsUnknownColumn(error)) TellOf(query, error);
  }
  return {};
}

// False: it is not sound, which has been told.
bool SqlCheck::CheckDashboardSql(const DashboardSpec& dashboard, const std::string& name, DashboardSql* sql) {
  Query query = Parse(name, sql->text, SqlPlace(reading_, name));
  if (!Resolve(query, RelationKind::kView) || !PassesGate(query)) return false;
  if (reading_.dashboards_with_broken_params.contains(dashboard.name)) return false;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const ParamSpec& param : dashboard.params) {
    names.push_back(param.name);
    parameters.emplace_back(param.name, sql::SqlType(param.type));
  }
  bool sound = true;
  for (const SqlWord& word : SqlWords(sql->text.text)) {
    if (!word.parameter) continue;
    const ParamSpec* param = ParamOf(dashboard, word.text);
    if (param == nullptr) {
      query.place.Tell(word.position, "there is no parameter " + Quoted(word.text) + Suggestion(word.text, names), reading_);
      sound = false;
    } else if (std::find(sql->params.begin(), sql->params.end(), param->name) == sql->params.end()) {
      sql->params.push_back(param->name);
    }
  }
  if (!sound) return false;
  const auto columns = scratch_->Describe(sql->text.text, parameters);
  if (!columns) {
    TellOf(query, columns.error());
    sql->columns = TellOfOtherColumns(query, sql->text.text, parameters, columns.error());
    return false;
  }
  sql->columns = ColumnsOf(*columns);
  for (const sql::RelationRef& read : query.select->Relations()) {
    const Relation* relation = reading_.catalog.FindFolded(read.name);
    sql->reads.push_back(relation == nullptr ? Folded(read.name) : relation->name);
  }
  return true;
}

void SqlCheck::CheckDashboard(DashboardSpec& dashboard) {
  const std::string prefix = "dashboards." + dashboard.name + ".";
  for (ChoicesSpec& choices : dashboard.choices) {
    const std::string name = prefix + "choices." + choices.param;
    DashboardSql sql{choices.sql, choices.columns, choices.reads, choices.params};
    if (!CheckDashboardSql(dashboard, name, &sql)) continue;
    const SqlPlace place(reading_, name);
    if (choices.columns.size() > kChoiceColumnsMax) {
      place.Tell(0, "choices have one column, or two: the value, and what it is called", reading_);
    } else if (const ParamSpec* param = ParamOf(dashboard, choices.param); param != nullptr && !MayBecome(choices.columns[0].type, param->type)) {
      place.Tell(0, "the column " + Quoted(choices.columns[0].name) + " is " + choices.columns[0].type + ", and the parameter " +
                        Quoted(param->name) + " is " + TypeText(param->type), reading_);
    }
  }
  for (TileSpec& tile : dashboard.tiles) {
    const std::string name = prefix + tile.name;
    DashboardSql sql{tile.sql, tile.columns, tile.reads, tile.params};
    const Node& body = *reading_.sql.find(name)->second.body;
    const bool columns_known = tile.chart == Chart::kText || CheckDashboardSql(dashboard, name, &sql);
    (columns_known ? SettleTile : CheckTileKeys)(dashboard, body, &tile, reading_);
  }
  WarnOfUnused(dashboard);
}

void SqlCheck::WarnOfUnused(const DashboardSpec& dashboard) {
  std::set<std::string> used;
  const auto note = [&](const std::string& sql) {
    for (const SqlWord& word : SqlWords(sql)) {
      if (word.parameter) used.insert(Folded(word.text));
    }
  };
  for (const ChoicesSpec& choices : dashboard.choices) note(choices.sql.text);
  for (const TileSpec& tile : dashboard.tiles) note(tile.sql.text);
  const Node* params = Find(*reading_.sql.find("dashboards." + dashboard.name)->second.body, "params");
  if (params == nullptr || reading_.dashboards_with_broken_params.contains(dashboard.name)) return;
  for (const Entry& entry : params->entries) {
    if (!used.contains(Folded(entry.key->text))) reading_.report.Warning(entry.key->begin, "no tile uses $" + entry.key->text);
  }
}

}  // namespace tailrace::config
