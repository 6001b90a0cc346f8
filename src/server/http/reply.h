// What goes back to the client, and the one shape that every error has.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::server {

inline constexpr std::string_view kJsonType = "application/json";

struct Reply {
  int status = 200;
  std::string_view content_type = kJsonType;  // a constant
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  // names are constants
  bool close = false;                                             // the connection is of no more use after it
};

// What an error says: {"error":{"code","message","hint"?,"details"?}}.
struct ErrorText {
  std::string_view code;     // a constant, in snake case
  std::string message;
  std::string hint;          // what to do about it
  std::string details_json;  // a JSON value
};

// The object without its braces, so that a reply may carry more beside it.
void AppendErrorMember(std::string& out, const ErrorText& error);

Reply ErrorReply(int status, const ErrorText& error);
Reply ErrorReply(int status, std::string_view code, std::string message, std::string hint = {});

// The reply for an error of the layers below, by its code.
Reply ErrorReply(const Error& error);

// 503 that asks to come back in a second.
Reply BusyReply(std::string message);

std::string_view ReasonPhrase(int status);

// How the reply is framed on the wire.
struct ReplyFrame {
  std::string_view date;     // RFC 9110 date
  bool keep_alive = true;
  bool old_protocol = false; // HTTP/1.0: keep-alive must be said
  bool head_only = false;    // HEAD
  bool streamed = false;     // no length: chunks follow
  bool browsable = false;    // an answer to GET or HEAD, which a browser may show
  bool secure = false;       // it goes over TLS
  bool varies_by_origin = false;         // other origins get other headers
  std::string_view allowed_origin = {};  // whose pages may read it; empty: no other's
};

void AppendReply(std::string& out, const Reply& reply, const ReplyFrame& frame);

}  // namespace tailrace::server
