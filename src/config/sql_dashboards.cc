// The SQL of dashboards: what their tiles and choices read and answer.
#include <algorithm>
#include <set>

#include "config/nearest.h"
#include "config/sql_checker.h"
#include "config/sql_words.h"
#include "config/tile_chart.h"

namespace tailrace::config {
namespace {

constexpr size_t kChoiceColumnsMax = 2;  // the value, and what it is called

std::vector<ColumnSpec> ColumnsOf(const Columns& columns) {
  std::vector<ColumnSpec> copy;
  for (const sql::ResultColumn& column : columns) copy.push_back({column.name, column.type});
  return copy;
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
    if (tile.chart != Chart::kText && !CheckDashboardSql(dashboard, name, &sql)) continue;
    SettleTile(dashboard, *reading_.sql.find(name)->second.body, &tile, reading_);
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
