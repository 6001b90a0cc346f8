#include "config/nearest.h"

#include <algorithm>

#include "model/nearest_name.h"

namespace tailrace::config {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kCandidatesMax = 500;
constexpr size_t kListedMax = 16;

// A third of the letters may differ, so lengths further apart need no look.
bool MayBeNear(std::string_view name, std::string_view candidate) {
  const size_t longer = std::max(name.size(), candidate.size());
  return longer <= kNameBytesMax && longer - std::min(name.size(), candidate.size()) <= std::max<size_t>(1, longer / 3);
}

}  // namespace

std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  std::vector<std::string_view> near;
  for (size_t i = 0; i < std::min(candidates.size(), kCandidatesMax); ++i) {
    if (MayBeNear(name, candidates[i])) near.push_back(candidates[i]);
  }
  const std::string meant = DidYouMean(name, near);
  if (!meant.empty() || candidates.empty() || candidates.size() > kListedMax) return meant;
  std::string list;
  for (const std::string& candidate : candidates) list += (list.empty() ? "" : ", ") + candidate;
  return (candidates.size() == 1 ? " (there is " : " (there are ") + list + ")";
}

std::string SuggestionFor(const Node& value, const std::vector<std::string>& candidates) {
  const bool secret =
      std::any_of(value.replacements.begin(), value.replacements.end(), [](const Replacement& r) { return r.secret; });
  return secret ? std::string() : Suggestion(value.text, candidates);
}

}  // namespace tailrace::config
