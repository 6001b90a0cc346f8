#include "sources/folders.h"

#include <glob.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace tailrace {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAnyFolders = "/**/";
constexpr std::string_view kNullFolder = "__HIVE_DEFAULT_PARTITION__";

Result<std::vector<std::string>> Glob(const std::string& pattern) {
  glob_t found{};
  int outcome = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths;
  if (outcome == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome != 0 && outcome != GLOB_NOMATCH)
    return Fail(Error::Unavailable(pattern + ": a folder of it cannot be read"));
  return paths;
}

std::string WithoutGlob(const std::string& path) {
  std::string escaped;
  for (char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// Appends `folder` and all below it. Links to folders are not followed, for they may lead round in a circle.
Status AppendFolders(const std::string& folder, std::vector<std::string>* folders) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return {};
  folders->push_back(folder);
  fs::recursive_directory_iterator entries(folder, failed);
  for (; !failed && entries != fs::recursive_directory_iterator(); entries.increment(failed)) {
    std::error_code unknown;
    if (entries->is_directory(unknown) && !entries->is_symlink(unknown)) folders->push_back(entries->path().string());
  }
  if (failed) return Fail(Error::Unavailable(folder + ": a folder below it cannot be read"));
  return {};
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    bool escaped = text[i] == '%' && i + 2 < text.size() &&
                   std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    out += escaped ? static_cast<char>(byte) : text[i];
    if (escaped) i += 2;
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> MatchingPaths(const std::string& pattern) {
  size_t any = pattern.find(kAnyFolders);
  std::vector<std::string> paths;
  if (any == std::string::npos) {
    TR_TRY(paths, Glob(pattern));
  } else {
    TR_TRY(std::vector<std::string> roots, Glob(pattern.substr(0, any)));
    std::vector<std::string> folders;
    for (const std::string& root : roots) TR_RETURN_IF_ERROR(AppendFolders(root, &folders));
    for (const std::string& folder : folders) {
      TR_TRY(auto found, MatchingPaths(WithoutGlob(folder) + pattern.substr(any + kAnyFolders.size() - 1)));
      paths.insert(paths.end(), found.begin(), found.end());
    }
  }
  std::sort(paths.begin(), paths.end());
  // Two `**` may find a file by several ways.
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

std::vector<FolderField> FolderFields(std::string_view path) {
  std::vector<FolderField> fields;
  for (size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/')) {
    std::string_view folder = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    size_t equals = folder.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    std::string_view value = folder.substr(equals + 1);
    FolderField field{Unescaped(folder.substr(0, equals)), std::nullopt};
    if (value != kNullFolder) field.value = Unescaped(value);
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace tailrace
