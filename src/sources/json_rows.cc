#include "sources/json_rows.h"

#include <algorithm>
#include <cstring>

#include "model/json_text.h"

namespace tailrace {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool HasHighByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool HasLineBreak(std::string_view text) {
  return std::memchr(text.data(), '\n', text.size()) != nullptr ||
         std::memchr(text.data(), '\r', text.size()) != nullptr;
}

void AppendLatin1(std::string_view text, std::string* out) {
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out->push_back(c);
    } else {
      out->push_back(static_cast<char>(0xC0 | byte >> 6));
      out->push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
}

}  // namespace

std::optional<size_t> ByteOrderMarkSize(const TextBlock& block) {
  bool undecided = block.text.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(block.text);
  if (undecided && !block.final) return std::nullopt;
  return block.text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

void AddJsonRow(std::string_view json, bool latin1, int64_t place, int64_t line, RowBatch* rows) {
  bool converts = latin1 && HasHighByte(json);
  if (!converts && !HasLineBreak(json)) return rows->AddView(json, json, place, line);
  size_t begin = rows->text().size();
  if (converts)
    AppendLatin1(json, &rows->text());
  else
    rows->text() += json;
  ReplaceLineBreaks(rows->text().data() + begin, rows->text().size() - begin);
  rows->AddMade(json, begin, place, line);
}

std::string LimitText(size_t row_bytes_max) {
  return "longer than a row may be (" + std::to_string(row_bytes_max) + " bytes)";
}

}  // namespace tailrace
