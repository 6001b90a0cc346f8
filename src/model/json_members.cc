#include "model/json_members.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/json_text.h"
#include "model/json_tokens.h"

namespace tailrace {
namespace {

constexpr size_t kShownBytesMax = 60;

// By sorting: whoever sends many names shall not have each compared with all others.
Status CheckNames(const std::vector<std::pair<std::string, std::string_view>>& members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& [name, value] : members) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return Fail(Error::Invalid("\"" + std::string(*twice) + "\" is there twice"));
}

}  // namespace

Result<std::string> JsonStringValue(std::string_view json) {
  std::string text;
  if (json.size() < 2 || json.front() != '"' || UnescapeJson(json.substr(1, json.size() - 2), &text) != JsonFault::kNone) {
    return Fail(Error::Invalid("expected a string, found " + ShownText(json, kShownBytesMax)));
  }
  return text;
}

Result<std::vector<std::pair<std::string, std::string_view>>> JsonMembers(std::string_view json, size_t count_max) {
  if (const auto error = CheckJson(json)) {
    return Fail(Error::Invalid("not JSON at byte " + std::to_string(error->byte) + ": " + error->reason));
  }
  JsonTokens tokens;
  if (!tokens.Index(json) || tokens.kind(0) != '{') return Fail(Error::Invalid("expected a JSON object"));
  std::vector<std::pair<std::string, std::string_view>> members;
  for (size_t i = 1; tokens.kind(i) == '"';) {
    TR_TRY(std::string name, JsonStringValue(tokens.token(i)));
    if (members.size() == count_max) return Fail(Error::Invalid("more than " + std::to_string(count_max) + " members"));
    const size_t value = i + 2;  // behind the name and its colon
    i = value;
    if (SkipJsonValue(tokens, &i, 1) != JsonFault::kNone) return Fail(Error::Invalid("not JSON"));
    members.emplace_back(std::move(name), JsonSlice(tokens, value, i));
    if (tokens.kind(i) == ',') ++i;
  }
  TR_RETURN_IF_ERROR(CheckNames(members));
  return members;
}

}  // namespace tailrace
