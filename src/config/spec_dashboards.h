// Dashboards of the pipeline file, as checked: what each tile shows is settled here, so that nobody behind it guesses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/spec_query.h"
#include "config/spec_text.h"

namespace tailrace::config {

// A page is 12 columns wide; rows are 80 pixels high.
inline constexpr int64_t kTileWidthMax = 12;
inline constexpr int64_t kTileHeightMax = 20;
inline constexpr size_t kTilesMax = 100;  // of a dashboard

enum class Chart { kLine, kArea, kBar, kPie, kScatter, kHeatmap, kHistogram, kMap, kNumber, kTable, kText };

// As the file writes it.
std::string_view ChartName(Chart chart);

// By name of a column or of a parameter.
using TextByName = std::vector<std::pair<std::string, std::string>>;

struct TileSpec {
  std::string name;  // unique in its dashboard
  Place place;
  std::string title;
  SqlText sql;           // as written, or what `from` stands for; empty in a tile of text
  std::string order_by;  // in which its chart draws, where `sql` has no order of its own; else empty
  std::string text;      // Markdown
  Chart chart = Chart::kTable;
  std::string x;
  std::vector<std::string> y;
  std::string series;
  std::string value;   // of a heat map
  std::string change;  // of a number: what it was before
  bool stacked = false;
  bool horizontal = false;
  int width = 6;
  int height = 4;
  TextByName format;  // by column
  TextByName sets;    // the column, by the parameter that a click sets
  std::vector<ColumnSpec> columns;
  std::vector<std::string> reads;   // streams, tables and views that its SQL names
  std::vector<std::string> params;  // of the dashboard, that its SQL names
};

// What may be chosen for a parameter: the first column of its SQL, called as the second says.
struct ChoicesSpec {
  std::string param;
  SqlText sql;
  std::vector<ColumnSpec> columns;
  std::vector<std::string> reads;
  std::vector<std::string> params;
};

struct TimeRangeSpec {
  std::string from;  // parameters
  std::string to;
};

struct DashboardSpec {
  std::string name;
  Place place;
  std::string title;
  std::string description;  // Markdown
  std::vector<ParamSpec> params;
  std::optional<TimeRangeSpec> range;
  std::vector<ChoicesSpec> choices;
  std::vector<TileSpec> tiles;
};

}  // namespace tailrace::config
