// The sources that are part of the program, by their kind in the pipeline file.
#pragma once

#include <memory>

#include "base/result.h"
#include "config/spec.h"
#include "ports/source.h"

namespace tailrace::app {

// Null for a kind that is not read from: `http` sources are routes of the server.
// kNotFound, kInvalid: the source cannot be opened as the file says.
Result<std::unique_ptr<Source>> OpenEmbeddedSource(const config::SourceSpec& spec, const config::Pipeline& pipeline);

}  // namespace tailrace::app
