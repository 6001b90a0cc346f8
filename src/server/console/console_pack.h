// The files of the web console, in one piece as web/tools/pack.mjs puts them together:
//
//   tailrace console 1\n
//   NAME \t CONTENT-TYPE \t TAG \t OFFSET \t LENGTH \n      a line a file; offsets from the first byte after the empty line
//   \n
//   the files, each compressed with gzip
#pragma once

#include <cstddef>
#include <map>
#include <string_view>

#include "base/result.h"

namespace tailrace::server {

struct ConsoleFile {
  std::string_view content_type;
  std::string_view tag;   // another one for other content
  std::string_view gzip;  // the content, compressed
};

// Threads: thread-safe. Ownership: borrows the bytes of the pack, and so do its files.
class ConsolePack {
 public:
  // kCorruption: not such a pack.
  static Result<ConsolePack> Read(std::string_view pack);

  // By its path below the root, such as "assets/main-B1f3.js"; null: there is none.
  const ConsoleFile* Find(std::string_view name) const;
  size_t size() const { return files_.size(); }

 private:
  std::map<std::string_view, ConsoleFile> files_;
};

// The pack that the build put into the program.
std::string_view EmbeddedConsolePack();

}  // namespace tailrace::server
