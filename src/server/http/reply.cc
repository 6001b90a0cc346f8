#include "server/http/reply.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/http/json_out.h"
#include "server/http/page_policy.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kRetryAfterSeconds = "1";

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kExhausted: return 503;
    case ErrorCode::kCorruption: return 500;
    case ErrorCode::kCancelled: return 503;
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

void AppendNumber(std::string& out, size_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  // A line break in a value would let it write fields of its own.
  for (const char c : value) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  out += "\r\n";
}

void AppendStatusLine(std::string& out, int status) {
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  AppendNumber(out, static_cast<size_t>(status));
  out += ' ';
  out += ReasonPhrase(status);
  out += "\r\n";
}

constexpr std::string_view kNoSniff = "X-Content-Type-Options: nosniff\r\n";
// What is no page is data, and shows nothing.
constexpr std::string_view kDataPolicy = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
constexpr std::string_view kNoFrames = "X-Frame-Options: DENY\r\n";  // for browsers that do not know frame-ancestors
constexpr std::string_view kNoReferrer = "Referrer-Policy: no-referrer\r\n";
// It is of now, and may be for one key only.
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
constexpr std::string_view kSecureFields = "Strict-Transport-Security: max-age=31536000\r\n";
constexpr std::string_view kExposed =
    "Access-Control-Expose-Headers: Tailrace-As-Of, Tailrace-Truncated, Tailrace-Request, Idempotency-Replayed, Retry-After, WWW-Authenticate\r\n";

bool Says(const Reply& reply, std::string_view name) {
  return std::any_of(reply.headers.begin(), reply.headers.end(), [name](const auto& field) { return field.first == name; });
}

// A page that may be framed says so itself.
void AppendPolicy(std::string& out, const Reply& reply) {
  if (Says(reply, "Content-Security-Policy")) return;
  if (reply.content_type.starts_with("text/html")) {
    out += "Content-Security-Policy: ";
    out += kPagePolicyBeforeFrames;
    out += "'none'\r\n";
  } else {
    out += kDataPolicy;
  }
  out += kNoFrames;
}

void AppendSecurityFields(std::string& out, const Reply& reply, const ReplyFrame& frame) {
  out += kNoSniff;
  if (frame.secure) out += kSecureFields;
  if (frame.browsable) {
    AppendPolicy(out, reply);
    out += kNoReferrer;
    if (!Says(reply, "Cache-Control")) out += kNoStore;
  }
  if (frame.varies_by_origin) out += "Vary: Origin\r\n";
  if (frame.allowed_origin.empty()) return;
  AppendField(out, "Access-Control-Allow-Origin", frame.allowed_origin);
  out += kExposed;
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

void AppendErrorMember(std::string& out, const ErrorText& error) {
  out += "\"error\":";
  JsonWriter json(out);
  json.BeginObject().Text("code", error.code).Text("message", error.message);
  if (!error.hint.empty()) json.Text("hint", error.hint);
  if (!error.details_json.empty()) json.Raw("details", error.details_json);
  json.EndObject();
}

Reply ErrorReply(int status, const ErrorText& error) {
  Reply reply;
  reply.status = status;
  reply.body += '{';
  AppendErrorMember(reply.body, error);
  reply.body += '}';
  if (status == 429 || status == 503 || status == 507) reply.headers.emplace_back("Retry-After", kRetryAfterSeconds);
  return reply;
}

Reply ErrorReply(int status, std::string_view code, std::string message, std::string hint) {
  return ErrorReply(status, ErrorText{code, std::move(message), std::move(hint), {}});
}

Reply ErrorReply(const Error& error) { return ErrorReply(StatusOf(error.code()), ErrorCodeName(error.code()), error.message()); }

Reply BusyReply(std::string message) { return ErrorReply(503, "busy", std::move(message)); }

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 207: return "Multi-Status";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

void AppendReply(std::string& out, const Reply& reply, const ReplyFrame& frame) {
  AppendStatusLine(out, reply.status);
  AppendField(out, "Date", frame.date);
  if (HasBody(reply.status)) {
    AppendField(out, "Content-Type", reply.content_type);
    if (frame.streamed) {
      if (!frame.old_protocol) AppendField(out, "Transfer-Encoding", "chunked");
    } else {
      out += "Content-Length: ";
      AppendNumber(out, reply.body.size());
      out += "\r\n";
    }
  }
  for (const auto& [name, value] : reply.headers) AppendField(out, name, value);
  AppendSecurityFields(out, reply, frame);
  if (!frame.keep_alive) {
    AppendField(out, "Connection", "close");
  } else if (frame.old_protocol) {
    AppendField(out, "Connection", "keep-alive");
  }
  out += "\r\n";
  if (HasBody(reply.status) && !frame.head_only && !frame.streamed) out += reply.body;
}

}  // namespace tailrace::server
