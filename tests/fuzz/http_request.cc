// Bytes of a connection to requests: the same requests, and the same refusal, however the bytes arrive.
#include <optional>
#include <vector>

#include "fuzz.h"
#include "server/http/request_parser.h"

namespace tailrace::fuzz {
namespace {

using server::HeaderField;

constexpr size_t kHeadBytesMax = 16 << 10;
constexpr size_t kBodyBytesMax = 1 << 10;
// So that no limit of the parser depends on how much came at once.
constexpr size_t kInputBytesMax = 3 << 10;

// Reads requests as a connection does, and notes what it read.
class Reader {
 public:
  void Receive(std::string_view bytes) {
    if (over_) return;
    input_ += bytes;
    while (!over_ && Advance()) {
    }
  }
  const std::string& seen() const { return seen_; }

 private:
  bool Advance() {
    if (chunked_) return AdvanceChunks();
    if (body_missing_ > 0) return AdvanceLength();
    while (input_.starts_with("\r\n")) input_.erase(0, 2);
    const server::HeadEnd end = server::FindHeadEnd(input_, kHeadBytesMax);
    if (end.fault) return Refuse(*end.fault);
    if (end.size == 0) return false;
    const Copy head(std::string_view(input_).substr(0, end.size));
    input_.erase(0, end.size);
    return TakeHead(head.text());
  }

  bool TakeHead(std::string_view text) {
    server::RequestHead head;
    if (const auto fault = server::ParseHead(text, head)) return Refuse(*fault);
    Require(!(head.chunked && head.content_length), "a body has one length");
    Require(!(head.chunked && head.old_protocol), "HTTP/1.0 has no chunks");
    Require(text.find('\0') == std::string_view::npos, "no NUL in a head");
    Require(text.ends_with("\r\n\r\n"), "a head ends with an empty line");
    Require(!head.request.target.empty() && !head.request.method.empty(), "a request has a method and a target");
    Note(head);
    chunked_ = head.chunked;
    body_.clear();
    const uint64_t length = head.content_length.value_or(0);
    if (length > kBodyBytesMax) return Refuse({413, ""});
    body_missing_ = static_cast<size_t>(length);
    return true;
  }

  void Note(const server::RequestHead& head) {
    const server::Request& request = head.request;
    seen_ += std::string(request.method) + " " + std::string(request.path) + " ? " + std::string(request.query) + "\n";
    if (const auto params = request.QueryParams()) {
      for (const auto& [name, value] : *params) seen_ += name + "=" + value + "\n";
    }
    const std::string_view type = request.Header(HeaderField::kContentType);
    seen_ += server::MediaType(type) + ";" + server::MediaParameter(type, "charset") + "\n";
    for (size_t i = 0; i < static_cast<size_t>(HeaderField::kCount); ++i) {
      seen_ += std::string(request.Header(static_cast<HeaderField>(i))) + "\n";
    }
    seen_ += head.keep_alive ? "goes on\n" : "ends\n";
  }

  bool AdvanceLength() {
    const size_t taken = std::min(body_missing_, input_.size());
    seen_ += input_.substr(0, taken);
    input_.erase(0, taken);
    body_missing_ -= taken;
    return taken > 0;
  }

  bool AdvanceChunks() {
    const Copy copy(input_);
    const server::ChunkProgress progress = chunks_.Read(copy.text(), body_, kBodyBytesMax);
    if (progress.fault) return Refuse(*progress.fault);
    Require(progress.consumed <= input_.size(), "no more is consumed than there is");
    Require(body_.size() <= kBodyBytesMax, "a body is bounded");
    input_.erase(0, progress.consumed);
    if (progress.done) {
      seen_ += "chunks: " + body_ + "\n";
      chunked_ = false;
      chunks_ = server::ChunkReader();
    }
    return progress.done || progress.consumed > 0;
  }

  bool Refuse(const server::ProtocolFault& fault) {
    Require(fault.status >= 400 && fault.status < 600, "a refusal has a status of one");
    seen_ += "refused " + std::to_string(fault.status) + "\n";
    over_ = true;
    return false;
  }

  server::ChunkReader chunks_;
  std::string input_;
  std::string body_;
  std::string seen_;
  size_t body_missing_ = 0;
  bool chunked_ = false;
  bool over_ = false;
};

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const size_t step = choices.Byte() % 8 + 1;
  const std::string_view bytes = choices.rest();
  Reader at_once;
  at_once.Receive(bytes);
  Reader in_pieces;
  for (size_t at = 0; at < bytes.size(); at += step) in_pieces.Receive(bytes.substr(at, step));
  RequireSame(at_once.seen(), in_pieces.seen(), "the pieces in which bytes arrive change nothing");
}

}  // namespace tailrace::fuzz
