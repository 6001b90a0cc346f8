// The head of a request from its bytes. Strict where a lenient reading would let two
// servers in a row disagree on where a request ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/chunk_reader.h"
#include "server/http/input_buffer.h"
#include "server/http/request.h"

namespace tailrace::server {

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

// `head` is what FindHeadEnd found. Views of `out` point into it.
std::optional<ProtocolFault> ParseHead(std::string_view head, RequestHead& out);

}  // namespace tailrace::server
