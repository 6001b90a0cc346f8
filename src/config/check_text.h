// Checking the text of a pipeline file for somebody who is not of this machine; and the text of one that is.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/load.h"

namespace tailrace::config {

// What `check` says of the text, and nothing outside it is looked at: no variable and no file of a ${...}. What is compared with a secret would tell of
// it, so a text with a substitution counts as its default, and one without is left out in silence, with what hangs on it; there is no pipeline then.
// `stop` ends it early, which is told as a mistake. `path` is for messages.
std::vector<Diagnostic> CheckText(std::string_view text, const std::string& path, const std::stop_token& stop);

// The text of a file, or of pipeline.yaml of a folder, with the path it was found at. Errors as LoadPipeline.
struct PipelineText {
  std::string path;
  std::string text;
};
Result<PipelineText> ReadPipelineText(const std::string& path);

}  // namespace tailrace::config
