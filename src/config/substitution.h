// `${NAME}`, `${NAME:-default}` and `${file:path}` inside the texts of a parsed file.
#pragma once

#include <string>

#include "config/load.h"
#include "config/report.h"
#include "config/yaml.h"

namespace tailrace::config {

struct SubstitutionSources {
  const LoadOptions& options;
  std::string folder;  // relative paths of ${file:} start here
  bool look_outside = true;  // false: at no variable and no file
};

// Replaces in every value of the tree, never in keys. `$${` stands for a literal `${`. A value that cannot be had is an
// error at its place and breaks the node, in silence where nothing outside is looked at. The values themselves never appear in messages.
void Substitute(const Tree& tree, const SubstitutionSources& sources, Report& report);

// `message` with every text that was put into `node` shown as it is written in the file.
std::string WithoutValues(std::string message, const Node& node);

}  // namespace tailrace::config
