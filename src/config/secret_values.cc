#include "config/secret_values.h"

#include <algorithm>

#include "config/quote_traps.h"
#include "config/report.h"
#include "config/source_text.h"
#include "config/substitution.h"
#include "config/yaml.h"

namespace tailrace::config {
namespace {

// Shorter ones are in many texts by chance.
constexpr size_t kValueBytesMin = 4;
// A longer one is a text that is read, and no password.
constexpr size_t kValueBytesMax = 4096;

}  // namespace

std::vector<std::string> SecretValuesIn(std::string_view text, const std::string& folder, const LoadOptions& options) {
  const SourceText source{std::string(text)};
  Report ignored(source, folder);
  const Tree tree = ParseYaml(source, YamlLimits{}, ignored);
  MendCutTexts(tree, ignored);
  Substitute(tree, {options, folder}, ignored);
  std::vector<std::string> values;
  for (const Node& node : tree.nodes) {
    for (const Replacement& replacement : node.replacements) {
      std::string value = node.text.substr(replacement.begin, replacement.length);
      if (!replacement.secret || value.size() < kValueBytesMin || value.size() > kValueBytesMax) continue;
      const bool is_known = text.find(value) != std::string_view::npos || std::find(values.begin(), values.end(), value) != values.end();
      if (!is_known) values.push_back(std::move(value));
    }
  }
  return values;
}

}  // namespace tailrace::config
