// A chunked body (RFC 9112, 7.1) from its bytes, as they come. Strict where a lenient reading would let two servers in a row
// disagree on where the body ends; how the bytes are cut into pieces changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::server {

// Why a request cannot be read; the connection is closed after the reply.
struct ProtocolFault {
  int status = 400;
  std::string message;
};

struct ChunkProgress {
  size_t consumed = 0;  // what is left is to come again, with more behind it
  bool done = false;
  std::optional<ProtocolFault> fault;
};

// Threads: one. Used for one body.
class ChunkReader {
 public:
  // Takes what it can, and appends the body's content to `body`. 413 beyond `body_bytes_max`. Extensions and trailer fields
  // are checked and forgotten.
  ChunkProgress Read(std::string_view bytes, std::string& body, size_t body_bytes_max);

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };

  // Bytes of one step; 0 when more are needed.
  size_t Step(std::string_view bytes, std::string& body, size_t body_bytes_max);
  size_t TakeData(std::string_view bytes, std::string& body);
  size_t TakeDataEnd(std::string_view bytes);
  void TakeSize(std::string_view line, const std::string& body, size_t body_bytes_max);
  void TakeTrailer(std::string_view line);
  void Refuse(std::string why) { fault_ = ProtocolFault{400, "not a valid chunked body: " + std::move(why)}; }

  State state_ = State::kSize;
  uint64_t missing_ = 0;       // of the chunk being read
  size_t trailer_bytes_ = 0;
  std::optional<ProtocolFault> fault_;
};

}  // namespace tailrace::server
