#include "config/tile_chart.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "config/nearest.h"
#include "config/sql_words.h"
#include "config/tile_format.h"
#include "config/tile_title.h"
#include "sql/duckdb.h"

namespace tailrace::config {
namespace {

enum class ColumnKind { kNumber, kTime, kText, kBool, kOther };

constexpr std::array<std::string_view, 12> kNumbers = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT", "UTINYINT",
                                                       "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT",   "DOUBLE"};

ColumnKind KindOf(std::string_view type) {
  if (type.ends_with("[]")) return ColumnKind::kOther;
  if (type.starts_with("DECIMAL") || std::find(kNumbers.begin(), kNumbers.end(), type) != kNumbers.end()) return ColumnKind::kNumber;
  if (type == "DATE" || type.starts_with("TIMESTAMP")) return ColumnKind::kTime;
  if (type == "VARCHAR" || type == "UUID" || type.starts_with("ENUM")) return ColumnKind::kText;
  if (type == "BOOLEAN") return ColumnKind::kBool;
  return ColumnKind::kOther;
}

// What a column of an axis may hold.
enum class Takes { kNothing, kNumber, kNumberOrTime, kText, kSingle };

struct ChartRule {
  Chart chart;
  std::string_view name;
  Takes x;
  Takes y;
  bool many_y;
  bool series;
  bool stacked;
  int width;
  int height;
};

constexpr int kWidth = 6;
constexpr int kHeight = 4;
constexpr int kNumberWidth = 3;
constexpr int kTextWidth = 12;
constexpr int kLowHeight = 2;

constexpr std::array kRules = {
    ChartRule{Chart::kLine, "line", Takes::kSingle, Takes::kNumber, true, true, false, kWidth, kHeight},
    ChartRule{Chart::kArea, "area", Takes::kSingle, Takes::kNumber, true, true, true, kWidth, kHeight},
    ChartRule{Chart::kBar, "bar", Takes::kSingle, Takes::kNumber, true, true, true, kWidth, kHeight},
    ChartRule{Chart::kPie, "pie", Takes::kSingle, Takes::kNumber, false, false, false, kWidth, kHeight},
    ChartRule{Chart::kScatter, "scatter", Takes::kNumberOrTime, Takes::kNumber, true, true, false, kWidth, kHeight},
    ChartRule{Chart::kHeatmap, "heatmap", Takes::kSingle, Takes::kSingle, false, false, false, kWidth, kHeight},
    ChartRule{Chart::kHistogram, "histogram", Takes::kNumber, Takes::kNumber, false, false, false, kWidth, kHeight},
    ChartRule{Chart::kMap, "map", Takes::kText, Takes::kNumber, false, false, false, kWidth, kHeight},
    ChartRule{Chart::kNumber, "number", Takes::kNothing, Takes::kNumber, false, false, false, kNumberWidth, kLowHeight},
    ChartRule{Chart::kTable, "table", Takes::kNothing, Takes::kNothing, false, false, false, kWidth, kHeight},
    ChartRule{Chart::kText, "text", Takes::kNothing, Takes::kNothing, false, false, false, kTextWidth, kLowHeight},
};

const ChartRule& RuleOf(Chart chart) { return kRules[static_cast<size_t>(chart)]; }

bool Fits(ColumnKind kind, Takes takes) {
  switch (takes) {
    case Takes::kNothing: return false;
    case Takes::kNumber: return kind == ColumnKind::kNumber;
    case Takes::kNumberOrTime: return kind == ColumnKind::kNumber || kind == ColumnKind::kTime;
    case Takes::kText: return kind == ColumnKind::kText;
    case Takes::kSingle: return kind != ColumnKind::kOther;
  }
  return false;
}

std::string_view Wanted(Takes takes) {
  switch (takes) {
    case Takes::kNothing: return "nothing";
    case Takes::kNumber: return "numbers";
    case Takes::kNumberOrTime: return "numbers or times";
    case Takes::kText: return "texts";
    case Takes::kSingle: return "single values";
  }
  return "";
}

bool FitsFormat(std::string_view format, std::string_view type) {
  const ColumnKind kind = KindOf(type);
  if (format == "text") return true;
  if (format == "date" || format == "datetime") return kind == ColumnKind::kTime;
  if (format == "duration" && type == "INTERVAL") return true;
  return kind == ColumnKind::kNumber;
}

// Revenue by `Day`: a word that begins large only because a title does.
std::string InSentence(std::string title) {
  const bool is_abbreviation = title.size() > 1 && std::isupper(static_cast<unsigned char>(title[1])) != 0;
  if (!title.empty() && !is_abbreviation) title[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(title[0])));
  return title;
}

// ORDER outside brackets is that of the whole.
bool HasOrder(const std::string& sql) {
  const std::vector<SqlWord> words = SqlWords(sql);
  return std::any_of(words.begin(), words.end(), [](const SqlWord& word) { return word.depth == 0 && IsKeyword(word, "order"); });
}

// Settles one tile. Threads: one. Ownership: borrows all.
class TileSettler {
 public:
  TileSettler(const DashboardSpec& dashboard, const Node& body, TileSpec& tile, Reading& reading)
      : dashboard_(dashboard), body_(body), tile_(tile), reading_(reading) {}

  void Settle() {
    if (!HasUniqueColumns()) return;
    ReadColumns();
    ReadFormats();
    ReadSets();
    if (!ReadChart()) return;
    RefuseWithoutMeaning();
    names_known_ = sound_;
    if (names_known_) FillIn();
    CheckAxes();
    if (!sound_) return;
    tile_.order_by = HasOrder(tile_.sql.text) ? "" : Order();
    tile_.title = TextOr(body_, "title", Title());
    tile_.width = static_cast<int>(IntegerOr(body_, "width", rule().width));
    tile_.height = static_cast<int>(IntegerOr(body_, "height", rule().height));
  }

  // Of a tile whose SQL is not sound: which columns there are, where that is known, and what its chart has no use for.
  void CheckKeys() {
    types_known_ = false;
    if (!tile_.columns.empty()) {
      ReadColumns();
      ReadFormats();
      ReadSets();
    }
    if (Find(body_, "chart") != nullptr && ReadChart()) RefuseWithoutMeaning();
  }

 private:
  const ChartRule& rule() const { return RuleOf(tile_.chart); }

  void Tell(size_t offset, std::string message) {
    reading_.report.Error(offset, std::move(message));
    sound_ = false;
  }

  // Where the key is written, else where the tile begins.
  size_t PlaceOf(std::string_view key) const {
    const Entry* entry = body_.Find(key);
    if (entry == nullptr) entry = body_.Find("chart");
    return entry == nullptr ? body_.begin : entry->value->begin;
  }

  const ColumnSpec* FindColumn(std::string_view name) const {
    const auto found = std::find_if(tile_.columns.begin(), tile_.columns.end(),
                                    [&](const ColumnSpec& column) { return Folded(column.name) == Folded(name); });
    return found == tile_.columns.end() ? nullptr : &*found;
  }

  ColumnKind KindOfColumn(std::string_view name) const { return KindOf(FindColumn(name)->type); }

  bool HasUniqueColumns() {
    std::set<std::string> names;
    for (const ColumnSpec& column : tile_.columns) {
      if (names.insert(Folded(column.name)).second) continue;
      Tell(PlaceOf("sql"), "two columns are named " + Quoted(column.name) + ": a chart tells its columns apart by their names");
    }
    return sound_;
  }

  // The name as the SELECT has it; empty, and told, when there is no such column.
  std::string Column(const Node& node, std::string_view name) {
    if (const ColumnSpec* column = FindColumn(name)) return column->name;
    std::vector<std::string> names;
    for (const ColumnSpec& column : tile_.columns) {
      if (!column.type.empty()) names.push_back(column.name);
    }
    const std::string hint = name == node.text ? SuggestionFor(node, names) : Suggestion(name, names);
    Tell(node.begin, "the tile has no column " + Quoted(name == node.text ? node.shown() : name) + hint);
    return {};
  }

  std::string ColumnAt(std::string_view key) {
    const Node* node = Find(body_, key);
    return node == nullptr ? std::string() : Column(*node, node->text);
  }

  void ReadColumns() {
    if (tile_.chart == Chart::kText) return;
    tile_.x = ColumnAt("x");
    tile_.series = ColumnAt("series");
    tile_.value = ColumnAt("value");
    tile_.change = ColumnAt("change");
    tile_.stacked = BoolOr(body_, "stacked", false);
    tile_.horizontal = BoolOr(body_, "horizontal", false);
    const Node* y = Find(body_, "y");
    if (y == nullptr) return;
    if (y->kind == NodeKind::kScalar) tile_.y.push_back(Column(*y, y->text));
    for (const Node* item : y->items) {
      if (!item->broken) tile_.y.push_back(Column(*item, item->text));
    }
  }

  void ReadFormats() {
    const Node* formats = Find(body_, "format");
    for (const Entry& entry : formats == nullptr ? std::vector<Entry>{} : formats->entries) {
      if (entry.key->broken || entry.value->broken || tile_.chart == Chart::kText) continue;
      const std::string column = Column(*entry.key, entry.key->text);
      const std::string_view currency = CurrencyColumn(entry.value->text);
      if (!currency.empty()) currencies_.insert(Column(*entry.value, currency));
      if (column.empty() || !types_known_) continue;
      const std::string& type = FindColumn(column)->type;
      if (!FitsFormat(entry.value->text, type)) {
        Tell(entry.value->begin, Quoted(entry.value->shown()) + " is no format for " + Quoted(column) + ", which is " + type);
      }
      tile_.format.emplace_back(column, entry.value->text);
    }
  }

  void ReadSets() {
    const Node* sets = Find(body_, "sets");
    for (auto& [param, name] : tile_.sets) {
      const Node* node = sets->Value(param);
      name = Column(*node, name);
      if (name.empty() || !types_known_) continue;
      for (const ParamSpec& spec : dashboard_.params) {
        if (spec.name != param || MayBecome(FindColumn(name)->type, spec.type)) continue;
        Tell(node->begin, "the column " + Quoted(name) + " is " + FindColumn(name)->type + ", and the parameter " + Quoted(param) + " is " +
                              TypeText(spec.type));
      }
    }
  }

  // False: it is not known which, and that has been told.
  bool ReadChart() {
    if (body_.Find("chart") != nullptr && Find(body_, "chart") == nullptr) return false;
    const Node* chart = Find(body_, "chart");
    if (tile_.chart == Chart::kText) {
      if (chart != nullptr && chart->text != "text") Tell(chart->begin, "a tile with text is a text: leave chart out, or write sql or from instead");
      return true;
    }
    if (chart == nullptr) {
      tile_.chart = FittingChart();
      return true;
    }
    for (const ChartRule& rule : kRules) {
      if (rule.name == chart->text) tile_.chart = rule.chart;
    }
    if (tile_.chart == Chart::kText) Tell(chart->begin, "a text has text: and no sql");
    return tile_.chart != Chart::kText;
  }

  // Without `chart`.
  Chart FittingChart() const {
    const auto has = [&](ColumnKind kind) {
      return std::any_of(tile_.columns.begin(), tile_.columns.end(), [&](const ColumnSpec& column) { return KindOf(column.type) == kind; });
    };
    if (!has(ColumnKind::kNumber)) return Chart::kTable;
    if (tile_.columns.size() == 1 || !tile_.change.empty()) return Chart::kNumber;
    if (KindOf(tile_.columns[0].type) == ColumnKind::kTime) return Chart::kLine;
    const auto texts = std::count_if(tile_.columns.begin(), tile_.columns.end(),
                                     [](const ColumnSpec& column) { return KindOf(column.type) == ColumnKind::kText; });
    const bool all_fit = std::all_of(tile_.columns.begin(), tile_.columns.end(), [](const ColumnSpec& column) {
      return KindOf(column.type) == ColumnKind::kText || KindOf(column.type) == ColumnKind::kNumber;
    });
    return texts == 1 && all_fit ? Chart::kBar : Chart::kTable;
  }

  void RefuseKey(std::string_view key, bool has_meaning) {
    const Entry* entry = body_.Find(key);
    if (entry == nullptr || has_meaning) return;
    Tell(entry->key->begin, Quoted(key) + " has no meaning for " + Named());
  }

  std::string Named() const {
    const std::string_view name = rule().name;
    return (name == "area" ? "an " : "a ") + std::string(name);
  }

  void RefuseWithoutMeaning() {
    const bool is_text = tile_.chart == Chart::kText;
    RefuseKey("x", rule().x != Takes::kNothing);
    RefuseKey("y", rule().y != Takes::kNothing);
    RefuseKey("series", rule().series);
    RefuseKey("stacked", rule().stacked);
    RefuseKey("horizontal", tile_.chart == Chart::kBar);
    RefuseKey("value", tile_.chart == Chart::kHeatmap);
    RefuseKey("change", tile_.chart == Chart::kNumber);
    RefuseKey("format", !is_text);
    RefuseKey("sets", !is_text && tile_.chart != Chart::kNumber && tile_.chart != Chart::kHistogram);
  }

  bool IsTaken(const std::string& name) const {
    return name == tile_.x || name == tile_.series || name == tile_.value || name == tile_.change || currencies_.contains(name) ||
           std::find(tile_.y.begin(), tile_.y.end(), name) != tile_.y.end();
  }

  // The first column of this kind that has no place yet; empty when there is none.
  template <typename Accepts>
  std::string FirstFree(Accepts accepts) const {
    for (const ColumnSpec& column : tile_.columns) {
      if (accepts(KindOf(column.type)) && !IsTaken(column.name)) return column.name;
    }
    return {};
  }

  std::string FirstThatFits(Takes takes) const {
    return FirstFree([&](ColumnKind kind) { return Fits(kind, takes); });
  }

  std::string FittingX() const {
    const bool over_time = tile_.chart == Chart::kLine || tile_.chart == Chart::kArea;
    std::string x;
    if (over_time) x = FirstFree([](ColumnKind kind) { return kind == ColumnKind::kTime; });
    if (x.empty() && rule().x == Takes::kSingle && tile_.chart != Chart::kHeatmap) {
      x = FirstFree([](ColumnKind kind) { return kind != ColumnKind::kNumber && kind != ColumnKind::kOther; });
    }
    return x.empty() ? FirstThatFits(rule().x) : x;
  }

  void FillIn() {
    if (rule().x != Takes::kNothing && tile_.x.empty()) tile_.x = FittingX();
    if (tile_.chart == Chart::kHeatmap && tile_.y.empty()) tile_.y = {FirstThatFits(Takes::kSingle)};
    if (tile_.chart == Chart::kHeatmap && tile_.value.empty()) tile_.value = FirstThatFits(Takes::kNumber);
    const bool over_time = tile_.chart == Chart::kLine || tile_.chart == Chart::kArea;
    if (over_time && tile_.series.empty() && tile_.y.size() < 2) tile_.series = OnlyText();
    if (!WantsY() || !tile_.y.empty()) return;
    const bool one = !rule().many_y || !tile_.series.empty() || tile_.chart == Chart::kScatter;
    for (std::string y = FirstThatFits(Takes::kNumber); !y.empty(); y = FirstThatFits(Takes::kNumber)) {
      tile_.y.push_back(y);
      if (one) break;
    }
  }

  // What each row of a histogram counts for may be left out.
  bool WantsY() const { return rule().y != Takes::kNothing && tile_.chart != Chart::kHistogram; }

  // The one column of texts that is left: a line for each of them. Empty when there are none, or several.
  std::string OnlyText() const {
    const auto is_text = [](ColumnKind kind) { return kind == ColumnKind::kText; };
    const std::string first = FirstFree(is_text);
    const auto count = std::count_if(tile_.columns.begin(), tile_.columns.end(), [&](const ColumnSpec& column) {
      return is_text(KindOf(column.type)) && !IsTaken(column.name);
    });
    return count == 1 ? first : std::string();
  }

  void CheckAxis(std::string_view key, const std::string& name, Takes takes) {
    if (name.empty()) {
      // Named in vain, which has been told, or not filled in.
      if (!names_known_ && (body_.Find(key) != nullptr || !FirstThatFits(takes).empty())) return;
      Tell(PlaceOf(key), Named() + " needs a column of " + std::string(Wanted(takes)) + " for " + std::string(key) + ", and the tile has " + Listed());
    } else if (!Fits(KindOfColumn(name), takes)) {
      Tell(PlaceOf(key), Quoted(name) + " is " + FindColumn(name)->type + ", and " + std::string(key) + " of " + Named() + " is a column of " +
                             std::string(Wanted(takes)));
    }
  }

  std::string Listed() const {
    std::string list;
    for (const ColumnSpec& column : tile_.columns) list += (list.empty() ? "" : ", ") + column.name + " " + column.type;
    return list;
  }

  void CheckAxes() {
    if (rule().x != Takes::kNothing) CheckAxis("x", tile_.x, rule().x);
    if (rule().y != Takes::kNothing) {
      if (tile_.y.empty() && WantsY()) CheckAxis("y", "", rule().y);
      for (const std::string& y : tile_.y) CheckAxis("y", y, rule().y);
      if (tile_.y.size() > 1 && !rule().many_y) Tell(PlaceOf("y"), Named() + " has one y");
      if (tile_.y.size() > 1 && !tile_.series.empty()) Tell(PlaceOf("y"), "series splits one y: name one, or leave series out");
    }
    if (tile_.chart == Chart::kHeatmap) CheckAxis("value", tile_.value, Takes::kNumber);
    if (tile_.chart == Chart::kNumber && !tile_.change.empty()) CheckAxis("change", tile_.change, Takes::kNumber);
    if (rule().series && !tile_.series.empty()) CheckAxis("series", tile_.series, Takes::kSingle);
  }

  std::string Order() const {
    const auto column = [](const std::string& name) { return sql::QuoteIdentifier(name); };
    const auto then = [&](const std::string& name) { return name.empty() ? std::string() : ", " + column(name); };
    switch (tile_.chart) {
      case Chart::kLine:
      case Chart::kArea: return column(tile_.x) + then(tile_.series);
      case Chart::kScatter: return column(tile_.x) + then(tile_.y[0]) + then(tile_.series);
      case Chart::kHeatmap: return column(tile_.x) + then(tile_.y[0]);
      case Chart::kHistogram: return column(tile_.x);
      case Chart::kBar:
      case Chart::kPie:
      case Chart::kMap: {
        const bool is_scale = Fits(KindOfColumn(tile_.x), Takes::kNumberOrTime);
        if (is_scale || !tile_.series.empty()) return column(tile_.x) + then(tile_.series);
        return column(tile_.y[0]) + " DESC" + then(tile_.x);  // the largest first
      }
      case Chart::kTable: return "ALL";
      case Chart::kNumber:
      case Chart::kText: return {};
    }
    return {};
  }

  std::string Title() const {
    if (tile_.chart == Chart::kText) return {};
    if (Find(body_, "name") != nullptr) return ReadableName(tile_.name);
    if (const Node* from = Find(body_, "from")) return ReadableName(from->text);
    const std::string& what = tile_.chart == Chart::kHeatmap ? tile_.value : tile_.y.empty() ? tile_.x : tile_.y[0];
    if (what.empty()) return tile_.reads.empty() ? std::string() : ReadableName(tile_.reads[0]);
    if (tile_.x.empty() || tile_.x == what) return ReadableName(what);
    return ReadableName(what) + " by " + InSentence(ReadableName(tile_.x));
  }

  const DashboardSpec& dashboard_;
  const Node& body_;
  TileSpec& tile_;
  Reading& reading_;
  std::set<std::string> currencies_;  // columns that say in which money another one is
  bool sound_ = true;
  bool types_known_ = true;
  bool names_known_ = true;  // of all columns that the tile names
};

}  // namespace

std::string_view ChartName(Chart chart) { return RuleOf(chart).name; }

bool MayBecome(std::string_view column_type, const Type& param) {
  const ColumnKind kind = KindOf(column_type);
  switch (param.kind) {
    case TypeKind::kString: return kind != ColumnKind::kOther;
    case TypeKind::kInt: return kind == ColumnKind::kNumber && !column_type.starts_with("DECIMAL") && column_type != "DOUBLE" && column_type != "FLOAT";
    case TypeKind::kDouble:
    case TypeKind::kDecimal: return kind == ColumnKind::kNumber;
    case TypeKind::kBool: return kind == ColumnKind::kBool;
    case TypeKind::kDate: return column_type == "DATE";
    case TypeKind::kTimestamp: return column_type.starts_with("TIMESTAMP");
    default: return false;
  }
}

void CheckTileKeys(const DashboardSpec& dashboard, const Node& body, TileSpec* tile, Reading& reading) {
  TileSettler(dashboard, body, *tile, reading).CheckKeys();
}

void SettleTile(const DashboardSpec& dashboard, const Node& body, TileSpec* tile, Reading& reading) {
  TileSettler(dashboard, body, *tile, reading).Settle();
}

}  // namespace tailrace::config
