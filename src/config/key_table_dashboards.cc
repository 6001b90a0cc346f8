// The keys of dashboards and their tiles.
#include "config/key_table_builder.h"
#include "config/spec_dashboards.h"
#include "config/tile_format.h"

namespace tailrace::config {
namespace {

bool IsTileName(std::string_view text) { return !text.empty() && IsIdentifier("_" + std::string(text)); }

}  // namespace

const Shape* KeyTable::TileShape() {
  const Shape* chart = OneWord({{"line", "numbers over a time or a number"},
                                {"area", "the same, filled"},
                                {"bar", "a bar for each x"},
                                {"pie", "parts of a whole"},
                                {"scatter", "a dot for each row"},
                                {"heatmap", "a coloured cell for each x and y"},
                                {"histogram", "how often x has which values"},
                                {"map", "countries, coloured by a number"},
                                {"number", "one number, large"},
                                {"table", "the rows"},
                                {"text", "Markdown"}});
  const Shape* column = Text("the name of a column");
  const Shape* columns = OneOf("the name of a column, or a list of them", {column, List("a list of columns", column)});
  const Shape* format = Pattern("a format such as integer, percent, date, currency GBP or currency:COLUMN", kTileFormatPattern, IsTileFormat);
  return Object("a tile: a mapping with sql, from or text",
                {
                    {"sql", sql_, "a SELECT; $name is a parameter of the dashboard"},
                    {"from", text_, "or all rows of a stream, a table or a view"},
                    {"text", text_, "or Markdown"},
                    {"name", Pattern("a name of letters, digits and _", "^[A-Za-z0-9_]+$", IsTileName), "in links and tests; by default its number, from 1"},
                    {"title", text_, "above it; made from names without"},
                    {"chart", chart, "how it is drawn; by default what fits the columns"},
                    {"x", column, "a column; by default the first that fits"},
                    {"y", columns, "columns of numbers, of a heat map any; by default those that fit; of a histogram what each row counts for"},
                    {"series", column, "a column: a line, or a colour, for each of its values"},
                    {"value", column, "of a heat map: the column of numbers that colours a cell"},
                    {"change", column, "of a number: the column with what it was before"},
                    {"stacked", bool_, "areas and bars stand on each other", false, "false"},
                    {"horizontal", bool_, "bars lie", false, "false"},
                    {"format", Names("a mapping of columns to formats", format, false),
                     "how values are written: number, integer, percent, bytes, duration, date, datetime, currency CODE or currency:COLUMN"},
                    {"sets", Names("a mapping of parameters to columns", column, true), "a click on a mark sets the parameter to the column's value; again clears it"},
                    {"width", Integer(1, kTileWidthMax), "of the 12 columns of the page; by default 6, of a number 3, of a text 12"},
                    {"height", Integer(1, kTileHeightMax), "in rows of 80 pixels; by default 4, of a number and of a text 2"},
                });
}

const Shape* KeyTable::DashboardShape() {
  Shape* params = Names("a mapping of names to types, such as {country: string?}", Text("a type, such as date = 2011-01-01"), true);
  params->nullable = true;
  const Shape* range = Object("a mapping with from and to", {
                                                                {"from", name_, "a parameter, a date or a timestamp", true},
                                                                {"to", name_, "another of the same type", true},
                                                            });
  Shape* choices = Names("a mapping of parameters to SQL", sql_, true);
  choices->nullable = true;
  Shape* tiles = List("a list of tiles", TileShape());
  tiles->count_min = 1;
  tiles->count_max = kTilesMax;
  return Object("a dashboard: a mapping with tiles",
                {
                    {"tiles", tiles, "what it shows, in this order", true},
                    {"title", text_, "its title; made from its name without"},
                    {"description", text_, "what it is for, as Markdown"},
                    {"params", params, "TYPE [= DEFAULT] [min N] [max N]; with `?` it may be left out, and an empty value is NULL"},
                    {"range", range, "two parameters that are one range of time"},
                    {"choices", choices, "what may be chosen for a parameter: the first column of a SELECT, called as its second column says"},
                });
}

}  // namespace tailrace::config
