#include "server/http/request_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace tailrace::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

std::optional<HeaderField> KnownField(http::field name, std::string_view text) {
  switch (name) {
    case http::field::host: return HeaderField::kHost;
    case http::field::origin: return HeaderField::kOrigin;
    case http::field::accept: return HeaderField::kAccept;
    case http::field::content_type: return HeaderField::kContentType;
    case http::field::content_encoding: return HeaderField::kContentEncoding;
    case http::field::expect: return HeaderField::kExpect;
    case http::field::authorization: return HeaderField::kAuthorization;
    case http::field::access_control_request_method: return HeaderField::kRequestMethod;
    case http::field::access_control_request_headers: return HeaderField::kRequestHeaders;
    case http::field::unknown: break;
    default: return std::nullopt;
  }
  if (EqualsIgnoreCase(text, "Idempotency-Key")) return HeaderField::kIdempotencyKey;
  if (EqualsIgnoreCase(text, "Last-Event-ID")) return HeaderField::kLastEventId;
  if (EqualsIgnoreCase(text, "X-API-Key")) return HeaderField::kApiKey;
  if (EqualsIgnoreCase(text, "X-Amz-Target")) return HeaderField::kAmzTarget;
  if (EqualsIgnoreCase(text, "X-Amz-Date")) return HeaderField::kAmzDate;
  if (EqualsIgnoreCase(text, "amz-sdk-invocation-id")) return HeaderField::kAmzInvocation;
  return std::nullopt;
}

// Beast's parser without its containers: fields stay where they were received.
class HeadParser final : public http::basic_parser<true> {
 public:
  explicit HeadParser(RequestHead& head) : head_(&head) {
    body_limit(boost::none);
    // Bounded before it is fed.
    header_limit(std::numeric_limits<uint32_t>::max());
  }

  const std::string& fault() const { return fault_; }

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       beast::error_code&) override {
    head_->request.method = View(method);
    head_->request.target = View(target);
    head_->old_protocol = version < 11;
  }

  void on_field_impl(http::field name, beast::string_view text, beast::string_view value, beast::error_code& error) override {
    if (name == http::field::content_length) {
      if (length_seen_ || value.find(',') != beast::string_view::npos) return Refuse(error, "Content-Length is there twice");
      length_seen_ = true;
    } else if (name == http::field::transfer_encoding) {
      if (!EqualsIgnoreCase(View(value), "chunked")) return Refuse(error, "the only Transfer-Encoding taken is chunked");
    }
    const auto known = KnownField(name, View(text));
    if (!known) return;
    if (head_->request.Has(*known) && *known != HeaderField::kAccept) {
      return Refuse(error, "header field " + std::string(View(text)) + " is there twice");
    }
    head_->request.SetHeader(*known, View(value));
  }

  void Refuse(beast::error_code& error, std::string why) {
    fault_ = std::move(why);
    error = http::error::bad_field;
  }

  void on_header_impl(beast::error_code&) override {}
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  std::size_t on_body_impl(beast::string_view, beast::error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, beast::error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view, beast::error_code&) override { return 0; }
  void on_finish_impl(beast::error_code&) override {}

  RequestHead* head_;
  bool length_seen_ = false;
  std::string fault_;
};

bool IsTargetCharacter(char c) { return c > ' ' && c < 0x7F; }

void SplitTarget(Request& request) {
  std::string_view target = request.target;
  // The absolute form that proxies send; its host is not ours to judge, the Host field is.
  if (const size_t scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    const size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  request.path = target.substr(0, question);
  request.query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
}

}  // namespace

HeadEnd FindHeadEnd(std::string_view bytes, size_t bytes_max) {
  const HeadEnd too_large{0, ProtocolFault{431, "the request line and header fields are larger than " +
                                                    std::to_string(bytes_max) + " bytes"}};
  size_t line = 0;
  while (true) {
    const auto* end = static_cast<const char*>(std::memchr(bytes.data() + line, '\n', bytes.size() - line));
    if (end == nullptr) return bytes.size() > bytes_max ? too_large : HeadEnd{};
    const auto newline = static_cast<size_t>(end - bytes.data());
    if (newline >= bytes_max) return too_large;
    if (newline == line || bytes[newline - 1] != '\r') return {0, ProtocolFault{400, "a header line does not end with CR LF"}};
    if (line > 0 && (bytes[line] == ' ' || bytes[line] == '\t')) {
      return {0, ProtocolFault{400, "a header field is folded over two lines"}};
    }
    if (newline == line + 1) return {newline + 1, std::nullopt};
    line = newline + 1;
  }
}

std::optional<ProtocolFault> ParseHead(std::string_view head, RequestHead& out) {
  out = RequestHead{};
  out.request.head = head;
  HeadParser parser(out);
  beast::error_code error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error == http::error::bad_version) return ProtocolFault{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  if (error && error != http::error::need_more) {
    return ProtocolFault{400, "not a valid HTTP request: " + (parser.fault().empty() ? error.message() : parser.fault())};
  }
  if (!parser.is_header_done()) return ProtocolFault{400, "not a valid HTTP request: incomplete header"};
  if (!std::all_of(out.request.target.begin(), out.request.target.end(), IsTargetCharacter)) {
    return ProtocolFault{400, "the address holds a character that is to be written as %XX"};
  }
  if (const auto length = parser.content_length()) out.content_length = *length;
  out.chunked = parser.chunked();
  if (out.chunked && out.old_protocol) return ProtocolFault{400, "chunks are not part of HTTP/1.0"};
  out.keep_alive = parser.keep_alive();
  out.request.has_length = out.chunked || out.content_length.has_value();
  SplitTarget(out.request);
  return std::nullopt;
}

}  // namespace tailrace::server
