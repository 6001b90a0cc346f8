#include "app/log_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "config/nearest.h"

namespace tailrace::app {
namespace {

std::vector<std::string> StreamNames(const config::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const auto& stream : pipeline.streams) names.push_back(stream.name);
  return names;
}

}  // namespace

Result<LogFolder> OpenLogFolder(const config::Pipeline& pipeline, const std::string& stream, bool exclusive) {
  const std::vector<std::string> names = StreamNames(pipeline);
  if (!stream.empty() && std::find(names.begin(), names.end(), stream) == names.end()) {
    return Fail(Error::NotFound(fmt::format("no stream {}{}", stream, config::Suggestion(stream, names))));
  }
  LogFolder folder;
  const std::string below = stream.empty() ? "" : "/" + stream;
  folder.records = pipeline.server.data + "/log" + below;
  folder.dead_letters = pipeline.server.data + "/dlq" + below;
  std::error_code failed;
  if (!std::filesystem::exists(folder.records, failed)) {
    return Fail(Error::NotFound(fmt::format("{} is not there: nothing has been written yet", folder.records)));
  }
  if (exclusive) {
    TR_TRY(folder.held, DataDirectory::Open(pipeline.server.data));
  }
  return folder;
}

}  // namespace tailrace::app
