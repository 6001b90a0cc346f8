#include "server/dashboards/tile_query.h"

#include <algorithm>
#include <map>
#include <optional>

#include "sql/syntax.h"

namespace tailrace::server {
namespace {

constexpr int64_t kOneTime = 1'000'000'000'000'000;
constexpr int64_t kAnotherTime = 1'100'000'000'123'456;

std::optional<std::string> TextAt(const sql::Select& select, int64_t micros) {
  const auto fixed = select.WithNow(micros);
  if (!fixed) return std::nullopt;
  auto text = fixed->Text();
  if (!text) return std::nullopt;
  return std::move(*text);
}

bool ReadsTheClock(const sql::Select& select) {
  const auto one = TextAt(select, kOneTime);
  const auto another = TextAt(select, kAnotherTime);
  return !one || !another || *one != *another;
}

template <typename Specs>
bool Holds(const Specs& specs, const std::string& name) {
  return std::any_of(specs.begin(), specs.end(), [&](const auto& spec) { return spec.name == name; });
}

}  // namespace

// What does not parse was told when the file was read; here it counts as what changes by itself, which is always right.
TileQuery MakeTileQuery(const config::Pipeline& pipeline, const std::string& sql, const std::string& order_by, size_t rows_max) {
  TileQuery query;
  query.sql = sql;
  const auto select = sql::Select::Parse(sql);
  std::map<std::string, std::string> views;
  for (const config::ViewSpec& view : pipeline.views) views[view.name] = view.sql.text;
  const auto whole = select ? select->WithViewsInlined(views) : select;
  if (!whole) {
    query.changes_by_itself = true;
    return query;
  }
  query.changes_by_itself = ReadsTheClock(*whole);
  for (const sql::RelationRef& read : whole->Relations()) {
    if (Holds(pipeline.streams, read.name)) {
      query.made_from.emplace_back("rows", read.name);
    } else if (Holds(pipeline.tables, read.name)) {
      query.made_from.emplace_back("table", read.name);
    } else {
      query.changes_by_itself = true;
    }
  }
  const auto text = select->Text();
  if (!order_by.empty() && text) query.sql = "SELECT * FROM (" + *text + ") AS tile ORDER BY " + order_by + " LIMIT " + std::to_string(rows_max + 1);
  return query;
}

}  // namespace tailrace::server
