// From the text of a pipeline file to the checked pipeline, or to every mistake in it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::config {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string path;
  Place place;
  std::string message;
  std::string source_line;  // the line of the file it points into; of a very long one a piece
  int mark = 1;             // the character of `source_line` that is meant, from 1
};

// FILE:LINE:COLUMN: message, the line, and a mark under the place.
std::string Render(const Diagnostic& diagnostic, bool colour);

struct LoadOptions {
  std::function<std::optional<std::string>(std::string_view)> environment;  // values of ${NAME}
  bool check_sql = true;  // false: all but the meaning of SQL, for what must be quick
};

struct Loaded {
  std::optional<Pipeline> pipeline;     // set when there is no error
  std::vector<Diagnostic> diagnostics;  // in the order of the file
};

// `path` is a file or a folder with pipeline.yaml. kNotFound, kUnavailable: the file cannot be read. Mistakes in it are
// diagnostics.
Result<Loaded> LoadPipeline(const std::string& path, const LoadOptions& options);

// The same from text; `path` is for messages and relative paths.
Loaded ParsePipeline(std::string_view text, const std::string& path, const LoadOptions& options);

// The JSON Schema (2020-12) of the pipeline file.
std::string PipelineJsonSchema();

}  // namespace tailrace::config
