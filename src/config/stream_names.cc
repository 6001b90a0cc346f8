#include "config/stream_names.h"

#include <algorithm>
#include <vector>

#include "config/nearest.h"

namespace tailrace::config {

std::string WithoutAlias(const Pipeline& pipeline, const std::string& name) {
  for (const StreamSpec& stream : pipeline.streams) {
    if (std::find(stream.aliases.begin(), stream.aliases.end(), name) != stream.aliases.end()) return stream.name;
  }
  return name;
}

Result<std::string> StreamCalled(const Pipeline& pipeline, const std::string& name) {
  const std::string own = WithoutAlias(pipeline, name);
  std::vector<std::string> names;
  for (const StreamSpec& stream : pipeline.streams) {
    if (stream.name == own) return own;
    names.push_back(stream.name);
  }
  return Fail(Error::Invalid("no stream " + name + Suggestion(name, names)));
}

}  // namespace tailrace::config
