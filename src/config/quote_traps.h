// Texts that YAML cuts where their writer did not mean it: `{a: decimal(12,3)}` is two keys, ` #` begins a comment.
#pragma once

#include "config/report.h"
#include "config/yaml.h"

namespace tailrace::config {

// Tells each and says to quote it; puts together again what a comma cut, so that the rest is checked as it was meant.
void MendCutTexts(const Tree& tree, Report& report);

// Whether ` #` follows a plain scalar on its line.
bool IsCutByComment(const Node& scalar, const SourceText& source);

}  // namespace tailrace::config
