// Paths of files in folders: globs with `**`, and folders that are named after the values of a field.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace {

// The files and folders that a glob names, in order; a step `**` stands for any number of folders. kUnavailable: a
// folder cannot be read.
Result<std::vector<std::string>> MatchingPaths(const std::string& pattern);

// The folders `name=value` of a path, as data lakes lay out their files: dt=2020-01-01/country=DE/part.csv. %3A and the
// like are unescaped; nullopt is the value of `__HIVE_DEFAULT_PARTITION__`, which stands for null.
struct FolderField {
  std::string name;
  std::optional<std::string> value;
};
std::vector<FolderField> FolderFields(std::string_view path);

}  // namespace tailrace
