#include "model/nearest_name.h"

#include <algorithm>
#include <vector>

namespace tailrace {
namespace {

// Longer ones are not names that anybody mistyped.
constexpr size_t kNameBytesMax = 128;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Insertions, deletions, replacements and swaps of neighbours that make `a` into `b`.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      bool swapped = i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) && Lower(a[i - 2]) == Lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string NearestName(std::string_view text, std::span<const std::string_view> names) {
  std::string_view nearest;
  size_t least = std::string_view::npos;
  if (text.size() > kNameBytesMax) return {};
  for (std::string_view name : names) {
    if (name.size() > kNameBytesMax) continue;
    size_t distance = EditDistance(text, name);
    size_t allowed = std::max<size_t>(1, std::max(text.size(), name.size()) / 3);
    if (distance > allowed || distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return std::string(nearest);
}

std::string DidYouMean(std::string_view text, std::span<const std::string_view> names) {
  std::string nearest = NearestName(text, names);
  return nearest.empty() ? "" : " (did you mean " + nearest + "?)";
}

}  // namespace tailrace
