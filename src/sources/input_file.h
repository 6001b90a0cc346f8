// A file that records are read from, by its identity rather than its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"

namespace tailrace {

// Bytes at the beginning by which a file is known again.
inline constexpr size_t kHeadBytesMax = 4096;

struct InputFileState {
  // Inode and time of birth: the same after a rename or growth, another for a file put in its place. (No device number
  // where there is a time of birth: device numbers change when a machine or a container starts again.)
  std::string identity;
  int64_t bytes = 0;
};

// Threads: one. Errors: kNotFound; kUnavailable = the system's, with the path.
class InputFile {
 public:
  static Result<std::unique_ptr<InputFile>> Open(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  Result<InputFileState> State() const;

  // Bytes read; fewer than asked for only at the end.
  Result<size_t> ReadAt(int64_t place, char* to, size_t bytes) const;

  // Checksum of the first `bytes` (at most kHeadBytesMax); nullopt when the file has fewer.
  Result<std::optional<uint32_t>> HeadDigest(size_t bytes) const;

 private:
  InputFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  const std::string path_;
  const int descriptor_;
};

// The state of the file at `path`; nullopt when there is none, or it is no plain file.
Result<std::optional<InputFileState>> StatInputFile(const std::string& path);

// What is noted with a position to know the file again: `LENGTH:DIGEST` of its beginning.
struct FileHead {
  size_t bytes = 0;
  uint32_t digest = 0;

  static Result<FileHead> Of(const InputFile& file);
  std::string Text() const;
  static std::optional<FileHead> Parse(const std::string& text);

  // kConflict, naming the file, when it no longer begins as it did: it was written anew under the same identity.
  Status Check(const InputFile& file) const;
};

}  // namespace tailrace
