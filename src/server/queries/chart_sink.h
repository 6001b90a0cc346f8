// The answer of a query as a picture: a bar for each row.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/queries/result_sinks.h"

namespace tailrace::server {

// Rows of an answer that get a bar; the others are counted below them.
inline constexpr size_t kChartBarsMax = 500;
// Of a row's name beside its bar, and under the mouse.
inline constexpr size_t kChartNameCharactersMax = 48;
inline constexpr size_t kChartTitleCharactersMax = 400;

// Which columns of an answer are drawn, by their types in DuckDB's spelling.
struct ChartColumns {
  size_t name = 0;
  size_t number = 0;
};

// The name is the first column that holds no numbers, and the bars are the numbers next behind it, else the first there are.
// Where all are numbers, the last is drawn over the first. Nullopt: there are no numbers.
std::optional<ChartColumns> ChooseChartColumns(std::span<const ColumnInfo> columns);

// Collects rows for an SVG image (SVG 1.1) without scripts and without anything from elsewhere; every text of the rows is
// escaped. Threads: one.
class ChartSink final : public TextSink {
 public:
  ChartSink(size_t bytes_max, std::string title) : TextSink(bytes_max), title_(std::move(title)) {}

  bool can_draw() const { return columns_.has_value(); }
  // Only when it can. `truncated`: the answer itself was cut.
  std::string Draw(bool truncated) const;

 private:
  struct Bar {
    std::string name;
    std::string text;  // the number as the answer has it
    double value = 0;
  };

  void AppendHeader(std::span<const ColumnInfo> columns, std::string& out) override;
  void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) override;
  void DrawBar(const Bar& bar, size_t row, double lowest, double span, std::string& out) const;

  const std::string title_;
  std::optional<ChartColumns> columns_;
  std::string name_title_;
  std::string number_title_;
  std::vector<Bar> bars_;
  size_t rows_ = 0;
};

}  // namespace tailrace::server
