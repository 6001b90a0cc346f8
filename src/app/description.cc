#include "app/description.h"

#include <utility>
#include <vector>

#include "app/console.h"

namespace tailrace::app {

std::string DescribeParts(const config::Pipeline& pipeline) {
  const std::vector<std::pair<size_t, std::string_view>> parts = {
      {pipeline.streams.size(), "stream"},
      {pipeline.sources.size(), "source"},
      {pipeline.tables.size(), "table"},
      {pipeline.views.size(), "view"},
      {pipeline.collections.size(), "collection"},
      {pipeline.apis.size(), "api"},
      {pipeline.tests.size(), "test"},
  };
  std::string text = pipeline.name + ":";
  bool first = true;
  for (const auto& [count, noun] : parts) {
    if (count == 0) continue;
    text += (first ? " " : ", ") + Counted(static_cast<int64_t>(count), noun);
    first = false;
  }
  return text;
}

}  // namespace tailrace::app
