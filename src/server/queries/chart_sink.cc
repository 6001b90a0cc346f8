#include "server/queries/chart_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.h"
#include "model/json_members.h"

namespace tailrace::server {
namespace {

// In units of the image, which are pixels unless it is scaled.
constexpr size_t kWidth = 960;
constexpr size_t kBarsLeft = 370;
constexpr size_t kBarsWidth = 460;
constexpr size_t kTop = 56;
constexpr size_t kRowHeight = 22;
constexpr size_t kBarHeight = 16;
constexpr size_t kBottom = 34;
constexpr size_t kTextDrop = 12;  // from the top of a bar to the line its texts stand on

bool HoldsNumbers(std::string_view type) {
  constexpr std::array<std::string_view, 13> kNumbers = {"TINYINT",   "SMALLINT", "INTEGER", "BIGINT",   "HUGEINT", "UTINYINT", "USMALLINT",
                                                         "UINTEGER", "UBIGINT",  "UHUGEINT", "FLOAT", "DOUBLE",   "BIGNUM"};
  return type.substr(0, 7) == "DECIMAL" || std::find(kNumbers.begin(), kNumbers.end(), type) != kNumbers.end();
}

// The characters in front, when there are more.
std::string Shortened(std::string_view text, size_t characters_max) {
  size_t end = 0;
  for (size_t characters = 0; end < text.size() && characters < characters_max; ++characters) {
    ++end;
    while (end < text.size() && IsUtf8Continuation(text[end])) ++end;
  }
  if (end == text.size()) return std::string(text);
  return std::string(text.substr(0, end)) + "…";
}

// XML 1.0, 2.2 and 2.4: control characters, U+FFFE and U+FFFF are in no document.
std::string Escaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else if (c == '\'') out += "&#39;";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) out += ' ';
    else if (text.substr(i, 2) == "\xEF\xBF" && i + 2 < text.size() && static_cast<unsigned char>(text[i + 2]) >= 0xBE) {
      out += '?';
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

std::string TextOf(std::string_view json) {
  if (json == "null") return "";
  if (!json.empty() && json.front() == '"') {
    auto text = JsonStringValue(json);
    if (text) return std::move(*text);
  }
  return std::string(json);
}

// 0 for null, and for what no double holds. Bounded, so that a bar from one end to the other can be computed.
double NumberOf(std::string_view json) {
  constexpr double kLargest = 1e300;
  double value = 0;
  const auto parsed = std::from_chars(json.data(), json.data() + json.size(), value);
  return parsed.ec == std::errc() ? std::clamp(value, -kLargest, kLargest) : 0;
}

}  // namespace

std::optional<ChartColumns> ChooseChartColumns(std::span<const ColumnInfo> columns) {
  const auto is_number = [](const ColumnInfo& column) { return HoldsNumbers(column.type); };
  const auto name = std::find_if_not(columns.begin(), columns.end(), is_number);
  if (columns.empty() || std::none_of(columns.begin(), columns.end(), is_number)) return std::nullopt;
  if (name == columns.end()) return ChartColumns{0, columns.size() - 1};
  auto number = std::find_if(name, columns.end(), is_number);
  if (number == columns.end()) number = std::find_if(columns.begin(), name, is_number);
  return ChartColumns{static_cast<size_t>(name - columns.begin()), static_cast<size_t>(number - columns.begin())};
}

void ChartSink::AppendHeader(std::span<const ColumnInfo> columns, std::string&) {
  columns_ = ChooseChartColumns(columns);
  if (!columns_) return;
  name_title_ = columns[columns_->name].name;
  number_title_ = columns[columns_->number].name;
}

void ChartSink::AppendRow(std::span<const std::string_view> json_values, bool, std::string&) {
  if (!columns_ || ++rows_ > kChartBarsMax) return;
  Bar bar;
  bar.name = Shortened(TextOf(json_values[columns_->name]), kChartTitleCharactersMax);
  bar.text = TextOf(json_values[columns_->number]);
  bar.value = NumberOf(bar.text);
  bars_.push_back(std::move(bar));
}

void ChartSink::DrawBar(const Bar& bar, size_t row, double lowest, double span, std::string& out) const {
  const auto at = [&](double value) { return static_cast<double>(kBarsLeft) + static_cast<double>(kBarsWidth) * (value - lowest) / span; };
  const double left = at(std::min(bar.value, 0.0));
  const double right = at(std::max(bar.value, 0.0));
  const size_t top = kTop + row * kRowHeight;
  const std::string number = Escaped(bar.text);
  fmt::format_to(std::back_inserter(out),
                 "<g><title>{}: {}</title><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>"
                 "<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"#3b7dd8\"/><text x=\"{:.1f}\" y=\"{}\">{}</text></g>\n",
                 Escaped(bar.name), number, kBarsLeft - 8, top + kTextDrop, Escaped(Shortened(bar.name, kChartNameCharactersMax)), left, top,
                 right - left, kBarHeight, right + 6, top + kTextDrop, number);
}

std::string ChartSink::Draw(bool truncated) const {
  double lowest = 0;
  double highest = 0;
  for (const Bar& bar : bars_) {
    lowest = std::min(lowest, bar.value);
    highest = std::max(highest, bar.value);
  }
  const double span = highest > lowest ? highest - lowest : 1;
  const size_t height = kTop + bars_.size() * kRowHeight + kBottom;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<text x=\"16\" y=\"22\" font-size=\"16\" font-weight=\"bold\">{2}</text>\n"
      "<text x=\"16\" y=\"42\" fill=\"#666666\">{3} by {4}</text>\n",
      kWidth, height, Escaped(title_), Escaped(number_title_), Escaped(name_title_));
  for (size_t row = 0; row < bars_.size(); ++row) DrawBar(bars_[row], row, lowest, span, out);
  std::string rest;
  if (rows_ > bars_.size()) rest = fmt::format("and {}{} more rows", truncated ? "at least " : "", rows_ - bars_.size());
  if (rows_ == 0) rest = "no rows";
  if (!rest.empty()) out += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"#666666\">{}</text>\n", kBarsLeft, height - kBottom + kTextDrop, rest);
  out += "</svg>\n";
  return out;
}

}  // namespace tailrace::server
