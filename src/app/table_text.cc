#include "app/table_text.h"

#include <algorithm>

#include "app/console.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::string_view kCut = "…";

std::string Cut(std::string_view line, size_t width_max) {
  if (DisplayWidth(line) <= width_max) return std::string(line);
  size_t characters = 0;
  size_t end = 0;
  while (end < line.size()) {
    const bool starts = (static_cast<unsigned char>(line[end]) & 0xC0) != 0x80;
    if (starts && characters + 1 >= width_max) break;
    if (starts) ++characters;
    ++end;
  }
  return std::string(line.substr(0, end)) + std::string(kCut);
}

struct Cell {
  std::string text;
  bool to_the_right = false;
};

using Line = std::vector<Cell>;

std::string TextOf(const Line& line, const std::vector<size_t>& widths, size_t width_max) {
  std::string text;
  for (size_t i = 0; i < line.size(); ++i) {
    if (i > 0) text += kGap;
    const std::string padding(widths[i] - DisplayWidth(line[i].text), ' ');
    text += line[i].to_the_right ? padding + line[i].text : line[i].text + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return Cut(text, width_max) + "\n";
}

bool IsNumbers(const QueryAnswer& answer, size_t column) {
  return !answer.rows.empty() && std::all_of(answer.rows.begin(), answer.rows.end(), [&](const auto& row) {
    return row[column].is(JsonValue::Kind::kNumber) || row[column].is(JsonValue::Kind::kNull);
  });
}

void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\\':
        *out += "\\\\";
        break;
      default:
        *out += c;
    }
  }
}

void AppendCsv(std::string_view text, std::string* out) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    *out += text;
    return;
  }
  *out += '"';
  for (const char c : text) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
}

// All cells, the header first, each written by `append`, with `separator` and `end` between them.
template <typename Append>
std::string Separated(const QueryAnswer& answer, char separator, std::string_view end, Append append) {
  std::string out;
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    if (i > 0) out += separator;
    append(answer.columns[i].name, &out);
  }
  out += end;
  for (const auto& row : answer.rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += separator;
      append(CellText(row[i]), &out);
    }
    out += end;
  }
  return out;
}

}  // namespace

std::string OneLine(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      out += '?';
    } else {
      out += c;
    }
  }
  return out;
}

std::string AlignedTable(const QueryAnswer& answer, size_t width_max) {
  std::vector<Line> lines(1);
  std::vector<size_t> widths;
  std::vector<bool> numbers;
  for (size_t i = 0; i < answer.columns.size(); ++i) {
    numbers.push_back(IsNumbers(answer, i));
    lines.front().push_back({OneLine(answer.columns[i].name), numbers[i]});
    widths.push_back(DisplayWidth(lines.front().back().text));
  }
  for (const auto& row : answer.rows) {
    Line& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) {
      line.push_back({OneLine(CellText(row[i])), numbers[i]});
      widths[i] = std::max(widths[i], DisplayWidth(line.back().text));
    }
  }
  std::string text;
  for (const Line& line : lines) text += TextOf(line, widths, width_max);
  return text;
}

std::string TabbedTable(const QueryAnswer& answer) { return Separated(answer, '\t', "\n", AppendEscaped); }

std::string CsvTable(const QueryAnswer& answer) { return Separated(answer, ',', "\r\n", AppendCsv); }

std::string JsonTable(const QueryAnswer& answer) {
  std::string out;
  server::JsonWriter json(out);
  json.BeginArray();
  for (const auto& row : answer.rows) {
    json.BeginObject();
    for (size_t i = 0; i < row.size(); ++i) json.Raw(answer.columns[i].name, ToJson(row[i]));
    json.EndObject();
  }
  json.EndArray();
  return out;
}

}  // namespace tailrace::app
