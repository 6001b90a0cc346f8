#include "config/tile_format.h"

#include <algorithm>
#include <array>

namespace tailrace::config {
namespace {

constexpr std::array<std::string_view, 8> kWords = {"number", "integer", "percent", "bytes", "duration", "date", "datetime", "text"};
constexpr std::string_view kCurrency = "currency ";
constexpr std::string_view kCurrencyOf = "currency:";
constexpr size_t kCodeLetters = 3;  // ISO 4217

}  // namespace

bool IsTileFormat(std::string_view text) {
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return true;
  if (text.starts_with(kCurrencyOf)) return text.size() > kCurrencyOf.size();
  if (!text.starts_with(kCurrency) || text.size() != kCurrency.size() + kCodeLetters) return false;
  text.remove_prefix(kCurrency.size());
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string_view CurrencyColumn(std::string_view format) {
  if (!format.starts_with(kCurrencyOf)) return {};
  format.remove_prefix(kCurrencyOf.size());
  return format;
}

}  // namespace tailrace::config
