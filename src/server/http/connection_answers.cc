// Connection: how a request is handed to its handler and its answer written.
#include <cerrno>
#include <string>
#include <utility>

#include "base/crash_point.h"
#include "server/http/connection.h"

namespace tailrace::server {
namespace {

// Of an idle connection: what each may keep, and what it may while the memory for that lasts.
constexpr size_t kKeepBytes = 16 << 10;
constexpr size_t kKeepBytesMax = 256 << 10;
// Smaller answers are not counted.
constexpr size_t kCountedAnswerBytes = 64 << 10;
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::string_view kLastChunk = "0\r\n\r\n";

void AppendChunk(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (size_t rest = bytes.size(); rest > 0; rest /= kDigits.size()) size.insert(size.begin(), kDigits[rest % kDigits.size()]);
  out += size;
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace

void Connection::Dispatch(std::string_view body) {
  head_.request.body = body;
  state_ = State::kAnswering;
  route_->spec().handler(shared_from_this());
}

std::stop_token Connection::Gone() {
  if (!gone_) gone_.emplace();
  if (state_ == State::kClosed || input_ended_) gone_->request_stop();
  return gone_->get_token();
}

ReplyFrame Connection::Frame() const {
  return {.date = loop_.date(),
          .keep_alive = !close_after_,
          .old_protocol = head_.old_protocol,
          .head_only = head_.request.method == "HEAD",
          .streamed = false,
          .browsable = head_.request.method != "POST" && head_.request.method != "PUT",
          .secure = transport_.is_secure(),
          .varies_by_origin = shared_.cors.is_configured(),
          .allowed_origin = shared_.cors.AnswerTo(head_.request.Header(HeaderField::kOrigin))};
}

void Connection::CountAnswer(int status) {
  Route& route = route_ != nullptr ? *route_ : shared_.router.unmatched();
  answered_ = loop_.clock().Monotonic();
  route.Answered(status, std::chrono::duration<double>(answered_ - started_).count());
}

void Connection::Send(Reply reply) {
  if (state_ != State::kAnswering) return;
  if (reply.close || shared_.stopping.load(std::memory_order_relaxed)) close_after_ = true;
  if (reply.body.size() >= kCountedAnswerBytes && reply.status < 300) {
    if (shared_.answer_bytes.Take(reply.body.size())) {
      answer_reserved_ += reply.body.size();
    } else {
      reply = BusyReply("answers that other clients have not taken yet fill the memory set aside for them");
    }
  }
  CountAnswer(reply.status);
  AppendReply(output_, reply, Frame());
  reply.body = std::string();  // it stands in output_ now
  FinishRequest();
}

void Connection::FinishRequest() {
  input_.Consume(request_size_);
  shared_.body_bytes.Give(std::exchange(body_reserved_, 0));
  chunked_body_.clear();
  chunks_ = ChunkReader();
  if (chunked_body_.capacity() > kKeepBytes) chunked_body_.shrink_to_fit();
  KeepBuffers();
  head_ = RequestHead{};
  gone_.reset();
  if (close_after_) {
    state_ = State::kDraining;
    deadline_ = answered_ + shared_.limits.write_timeout;
  } else {
    state_ = State::kIdle;
    deadline_ = answered_ + shared_.limits.idle_timeout;
  }
  Run();
}

// What an idle connection holds beyond a little comes out of a memory that all of them share.
void Connection::KeepBuffers() {
  const size_t capacity = input_.capacity();
  const bool may_keep = capacity <= kKeepBytes || (capacity <= kKeepBytesMax && shared_.kept_bytes.Take(capacity));
  if (may_keep && capacity > kKeepBytes) kept_reserved_ += capacity;
  if (!may_keep) input_.Trim(0);
}

void Connection::UseBuffers() { shared_.kept_bytes.Give(std::exchange(kept_reserved_, 0)); }

void Connection::BeginStream(Reply head) {
  if (state_ != State::kAnswering) return;
  CountAnswer(head.status);
  ReplyFrame frame = Frame();
  frame.streamed = true;
  frame.keep_alive = false;
  close_after_ = true;
  AppendReply(output_, head, frame);
  if (frame.head_only) return FinishRequest();
  state_ = State::kStreaming;
  WriteStream(head.body);
}

bool Connection::WriteStream(std::string_view bytes) {
  if (state_ != State::kStreaming) return false;
  if (!bytes.empty()) {
    if (head_.old_protocol) {
      output_ += bytes;
    } else {
      AppendChunk(output_, bytes);
    }
  }
  Flush();
  return state_ == State::kStreaming;
}

void Connection::EndStream() {
  if (state_ != State::kStreaming) return;
  if (!head_.old_protocol) output_ += kLastChunk;
  FinishRequest();
}

void Connection::Flush() {
  if (writing_ || state_ == State::kClosed) return;
  while (output_sent_ < output_.size()) {
    const ssize_t sent = transport_.Write(std::string_view(output_).substr(output_sent_));
    TR_CRASH_POINT("server.reply_sent");
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      SetDeadline(shared_.limits.write_timeout);
      writing_ = true;
      return;
    }
    if (sent < 0) return Close();
    output_sent_ += static_cast<size_t>(sent);
  }
  output_.clear();
  output_sent_ = 0;
  if (output_.capacity() > kKeepBytes) output_.shrink_to_fit();
  shared_.answer_bytes.Give(std::exchange(answer_reserved_, 0));
  if (state_ == State::kDraining) EndOutput();
}

// Closing a socket with unread bytes in it resets the connection, and the answer could be lost with it.
void Connection::EndOutput() {
  if (!linger_ || input_ended_) return Close();
  transport_.EndOutput();
  state_ = State::kLingering;
  SetDeadline(kLinger);
  input_.Consume(input_.size());
}

}  // namespace tailrace::server
