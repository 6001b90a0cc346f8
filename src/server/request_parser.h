// The head of a request from its bytes, and a chunked body from its chunks. Strict where a lenient reading would let two
// servers in a row disagree on where a request ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/input_buffer.h"
#include "server/request.h"

namespace tailrace::server {

// Why a request cannot be read; the connection is closed after the reply.
struct ProtocolFault {
  int status = 400;
  std::string message;
};

struct RequestHead {
  Request request;
  std::optional<uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool old_protocol = false;  // HTTP/1.0
};

// Finds the end of the head that `bytes` begins with. Lines end with CRLF and none is folded.
struct HeadEnd {
  size_t size = 0;  // with the empty line; 0: not there yet
  std::optional<ProtocolFault> fault;
};
HeadEnd FindHeadEnd(std::string_view bytes, size_t bytes_max);

// Threads: one. Used for one request after another.
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();

  // `head` is what FindHeadEnd found. Views of `out` point into it.
  std::optional<ProtocolFault> ParseHead(std::string_view head, RequestHead& out);

  struct ChunkProgress {
    size_t consumed = 0;
    bool done = false;
    std::optional<ProtocolFault> fault;
  };
  // Takes what it can of a chunked body, after ParseHead, and appends its content to `body`. 413 beyond `body_bytes_max`.
  ChunkProgress ParseChunks(std::string_view bytes, std::string& body, size_t body_bytes_max);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::server
