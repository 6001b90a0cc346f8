// A folder of its own for one test, gone at its end.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/check.h"

namespace tailrace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tailrace-sources-XXXXXX").string();
    TR_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string Path(const std::string& name) const { return (path_ / name).string(); }

  void Write(const std::string& name, std::string_view text) const { Open(name, std::ios::trunc) << text; }
  void Append(const std::string& name, std::string_view text) const { Open(name, std::ios::app) << text; }

 private:
  std::ofstream Open(const std::string& name, std::ios::openmode mode) const {
    return std::ofstream(Path(name), std::ios::binary | std::ios::out | mode);
  }

  std::filesystem::path path_;
};

}  // namespace tailrace
