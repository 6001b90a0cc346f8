// The bytes of a file from a place on, unpacked when it is compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "sources/input_file.h"

namespace tailrace {

enum class Compression { kNone, kGzip, kZstd };

// By the ending of the name: .gz, .zst.
Compression CompressionOf(std::string_view path);

// Threads: one. Errors: as InputFile; kInvalid, with the path, for bytes that do not unpack.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // Bytes read, fewer than asked for only at the end; 0 there, until the file grows.
  virtual Result<size_t> Read(char* to, size_t bytes) = 0;

  // Steps over bytes; fewer than asked for at the end.
  virtual Result<int64_t> Skip(int64_t bytes);
};

// From the beginning. Borrows the file.
std::unique_ptr<ByteStream> OpenByteStream(const InputFile& file, Compression compression);

}  // namespace tailrace
