#include "config/job_nodes.h"

#include <algorithm>

#include "config/nearest.h"
#include "config/quantity.h"

namespace tailrace::config {

using std::chrono::milliseconds;

milliseconds DurationOr(const Node& body, std::string_view key, milliseconds fallback, Reading& reading, int64_t min_ms,
                        int64_t max_ms) {
  const Node* node = Find(body, key);
  const auto value = node == nullptr ? std::nullopt : ParseDuration(node->text);
  if (!value) return fallback;
  if (*value < min_ms || *value > max_ms) {
    reading.report.Error(node->begin, "expected from " + DurationText(min_ms) + " to " + DurationText(max_ms) + ", found " + Quoted(node->shown()));
  }
  return milliseconds(*value);
}

std::vector<const Node*> NamesIn(const Node& body, std::string_view key) {
  const Node* node = Find(body, key);
  if (node == nullptr) return {};
  if (node->kind == NodeKind::kScalar) return {node};
  std::vector<const Node*> names;
  for (const Node* item : node->items) {
    if (!item->broken) names.push_back(item);
  }
  return names;
}

std::vector<std::string> KnownNames(const Node& body, std::string_view key, std::string_view what, const std::vector<std::string>& known,
                                    Reading& reading) {
  std::vector<std::string> names;
  for (const Node* node : NamesIn(body, key)) {
    if (std::find(known.begin(), known.end(), node->text) == known.end()) {
      reading.report.Error(node->begin, "there is no " + std::string(what) + " " + Quoted(node->shown()) + SuggestionFor(*node, known));
    }
    names.push_back(node->text);
  }
  return names;
}

std::vector<std::string> NamesOfSection(const Node& root, std::string_view section) {
  std::vector<std::string> names;
  const Node* node = root.Value(section);
  if (node == nullptr || node->kind != NodeKind::kMapping) return names;
  for (const Entry& entry : node->entries) names.push_back(entry.key->text);
  return names;
}

std::map<std::string, std::string> TextsByName(const Node& body, std::string_view key) {
  std::map<std::string, std::string> texts;
  const Node* node = Find(body, key);
  if (node == nullptr) return texts;
  for (const Entry& entry : node->entries) texts[entry.key->text] = entry.value->text;
  return texts;
}

}  // namespace tailrace::config
