#include "config/read_params.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "config/param.h"
#include "config/substitution.h"

namespace tailrace::config {
namespace {

// Query parameters that every read takes.
constexpr std::array<std::string_view, 3> kReadParameters = {"wait_for", "timeout", "format"};

}  // namespace

std::vector<ParamSpec> ReadParams(const Node& body, bool* sound, Reading& reading) {
  std::vector<ParamSpec> params;
  const Node* node = Find(body, "params");
  *sound = node != nullptr || body.Find("params") == nullptr || body.Value("params")->null();
  std::map<std::string, bool> seen;
  for (const Entry& entry : node == nullptr ? std::vector<Entry>{} : node->entries) {
    const std::string& name = entry.key->text;
    if (entry.key->broken || entry.value->broken) {
      *sound = false;
      continue;
    }
    if (std::find(kReadParameters.begin(), kReadParameters.end(), name) != kReadParameters.end()) {
      reading.report.Error(entry.key->begin, "every read has a parameter " + Quoted(name) + " of its own");
    }
    if (std::exchange(seen[Folded(name)], true)) {
      reading.report.Error(entry.key->begin, Quoted(name) + " differs only in case from another parameter");
    }
    auto param = ParseParam(name, entry.value->text);
    if (param) {
      params.push_back(std::move(*param));
    } else {
      reading.report.Error(entry.value->begin, WithoutValues(param.error(), *entry.value));
      *sound = false;
    }
  }
  return params;
}

}  // namespace tailrace::config
