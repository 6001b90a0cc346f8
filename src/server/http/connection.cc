#include "server/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tailrace::server {
namespace {

constexpr size_t kReadBytes = 16 << 10;
// Reads of one connection before others have their turn.
constexpr int kReceivesAtATime = 16;
// A body is given room for what has arrived until this much of it has; then for all of it, which saves moving it.
constexpr size_t kBodyGrowsTo = 1 << 20;
constexpr size_t kReserveStep = 64 << 10;
// Room behind a request for what the client sends ahead, so that its leaving is noticed.
constexpr size_t kReadAheadBytes = 1 << 10;

}  // namespace

Connection::Connection(int socket, Loop& loop, ConnectionShared& shared, std::unique_ptr<crypto::TlsSession> tls)
    : transport_(socket, std::move(tls)), loop_(loop), shared_(shared) {}

Connection::~Connection() {
  shared_.body_bytes.Give(body_reserved_);
  shared_.answer_bytes.Give(answer_reserved_);
  shared_.kept_bytes.Give(kept_reserved_);
  shared_.connections.fetch_sub(1);
}

void Connection::Start() {
  const int on = 1;
  setsockopt(socket(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  SetDeadline(transport_.is_established() ? shared_.limits.idle_timeout : shared_.limits.header_timeout);
  loop_.Add(shared_from_this());
}

void Connection::StopAfterCurrent() {
  close_after_ = true;
  if (state_ == State::kIdle || state_ == State::kHead) return Close();
  EndStream();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (gone_) gone_->request_stop();
  transport_.Close();
  loop_.Remove(this);
}

void Connection::SetDeadline(std::chrono::milliseconds from_now) { deadline_ = loop_.clock().Monotonic() + from_now; }

void Connection::CheckDeadline(std::chrono::steady_clock::time_point now) {
  if (std::exchange(held_back_, false)) Run();
  if (state_ == State::kBody && IsTooSlowNow(now)) {
    return Refuse(ErrorReply(408, "request_timeout", "memory for bodies is short, and this one comes too slowly"));
  }
  if (now < deadline_) return;
  switch (state_) {
    case State::kHead: return Refuse(ErrorReply(408, "request_timeout", "the header did not arrive in time"));
    case State::kBody: return Refuse(ErrorReply(408, "request_timeout", "the body did not arrive in time"));
    case State::kAnswering:
    case State::kStreaming:
      if (writing_) Close();
      return;
    case State::kIdle:
    case State::kDraining:
    case State::kLingering: return Close();
    case State::kClosed: return;
  }
}

std::chrono::nanoseconds Connection::waited() const { return loop_.Waited(started_); }

void Connection::OnReady(const SocketNews& news) {
  readable_ |= news.readable || news.ended;
  end_announced_ |= news.ended;
  if (news.writable) writing_ = false;
  if (transport_.is_secure()) {
    readable_ |= news.writable;
    if (news.readable) writing_ = false;
  }
  Run();
}

// Goes on as far as it can: answers what is whole, writes what is answered, reads what is there.
void Connection::Run() {
  if (running_) return;
  const auto self = shared_from_this();
  running_ = true;
  int receives = 0;
  do {
    Advance();
  } while (++receives < kReceivesAtATime && Receive());
  running_ = false;
  // The socket does not tell again of what it has told already.
  if (receives == kReceivesAtATime && readable_) loop_.Post([self] { self->Run(); });
}

// False when there is nothing, or no room for it: while a request is answered its bytes stay where they are.
bool Connection::Receive() {
  if (!readable_ || held_back_ || input_ended_ || state_ == State::kClosed || state_ == State::kDraining) return false;
  const bool answering = state_ == State::kAnswering || state_ == State::kStreaming;
  if (!answering && input_.Room().size() < kReadAheadBytes) input_.Reserve(kReadBytes);
  const std::span<char> room = input_.Room();
  if (room.empty()) return false;
  const bool drops = to_skip_ > 0 && state_ == State::kIdle && !transport_.is_secure();
  const size_t wanted = drops ? to_skip_ : room.size();
  const bool was_established = transport_.is_established();
  const ssize_t got = drops ? transport_.Drop(wanted) : transport_.Read(room);
  if (!was_established && transport_.is_established()) SetDeadline(shared_.limits.idle_timeout);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    readable_ = errno == EINTR;
    return readable_;
  }
  if (got <= 0) {
    OnInputEnd();
    return true;
  }
  // Less than was asked for was all, but for the end that may stand behind it.
  readable_ = end_announced_ || transport_.is_secure() || static_cast<size_t>(got) == wanted;
  if (drops) {
    to_skip_ -= static_cast<size_t>(got);
  } else {
    OnReceived(static_cast<size_t>(got));
  }
  return true;
}

void Connection::OnReceived(size_t bytes) {
  input_.Commit(bytes);
  if (state_ == State::kLingering) input_.Consume(input_.size());
  if (to_skip_ > 0 && state_ == State::kIdle) {
    const size_t skipped = std::min(to_skip_, input_.size());
    input_.Consume(skipped);
    to_skip_ -= skipped;
    if (input_.size() == 0) return;
  }
  if (state_ == State::kIdle) {
    UseBuffers();
    state_ = State::kHead;
    SetDeadline(shared_.limits.header_timeout);
  }
}

// The client sends no more: it has left, or only half closed the connection. What it sent whole is still answered, but
// nothing that can be cancelled is worked on for it.
void Connection::OnInputEnd() {
  input_ended_ = true;
  if (gone_) gone_->request_stop();
  if (state_ == State::kStreaming || state_ == State::kLingering) Close();
}

void Connection::Advance() {
  bool progress = true;
  while (progress) {
    switch (state_) {
      case State::kIdle:
      case State::kHead: progress = AdvanceHead(); break;
      case State::kBody: progress = AdvanceBody(); break;
      default: progress = false; break;
    }
  }
  const bool waits_for_more = state_ == State::kIdle || state_ == State::kHead || state_ == State::kBody;
  if (waits_for_more && input_ended_ && !writing_) state_ = State::kDraining;
  Flush();
}

bool Connection::AdvanceHead() {
  if (writing_ || close_after_ || held_back_) return false;
  // An empty line before a request is left over from the one before (RFC 9112, 2.2).
  while (input_.bytes().starts_with("\r\n")) input_.Consume(2);
  if (input_.size() == 0) {
    state_ = State::kIdle;
    return false;
  }
  if (state_ == State::kIdle) {
    state_ = State::kHead;
    SetDeadline(shared_.limits.header_timeout);
  }
  const HeadEnd end = FindHeadEnd(input_.bytes(), shared_.limits.header_bytes_max);
  if (end.fault) {
    RefuseFault(*end.fault);
    return false;
  }
  if (end.size == 0) return false;
  return BeginRequest(end.size);
}

bool Connection::BeginRequest(size_t head_size) {
  started_ = loop_.clock().Monotonic();
  route_ = nullptr;
  body_received_ = 0;
  if (auto fault = ParseHead(head_size)) {
    RefuseFault(*fault);
    return false;
  }
  if (!head_.keep_alive) close_after_ = true;
  if (auto refusal = RefusalOfHead()) {
    PrepareToSkipBody();
    refusal->close |= linger_;
    state_ = State::kAnswering;
    Send(std::move(*refusal));
    return state_ != State::kClosed;
  }
  state_ = State::kBody;
  deadline_ = started_ + shared_.limits.body_timeout;
  return true;
}

std::optional<ProtocolFault> Connection::ParseHead(size_t head_size) {
  if (auto fault = server::ParseHead(input_.bytes().substr(0, head_size), head_)) return fault;
  const bool is_whole = !head_.chunked && input_.size() - head_size >= head_.content_length.value_or(0);
  head_size_ = is_whole ? head_size : 0;
  request_size_ = head_size_;
  if (is_whole) return std::nullopt;
  head_copy_.assign(input_.bytes().substr(0, head_size));
  input_.Consume(head_size);
  return server::ParseHead(head_copy_, head_);
}

// Memory is set aside as a body arrives, not as it is promised: a promise costs its client nothing.
bool Connection::ReserveArrived(size_t length) {
  const size_t wanted = std::min(length, input_.size() + kReserveStep);
  return wanted <= body_reserved_ || ReserveBody(wanted - body_reserved_);
}

bool Connection::ReserveBody(size_t bytes) {
  if (!shared_.body_bytes.Take(bytes)) return false;
  body_reserved_ += bytes;
  return true;
}

bool Connection::AdvanceBody() {
  const bool moved = head_.chunked ? AdvanceChunks() : AdvanceLength();
  if (state_ == State::kBody && !moved) {
    // A client may be slow, but not slower than this.
    const auto earned = std::chrono::milliseconds(body_received_ * 1000 / shared_.limits.body_bytes_per_second_min);
    deadline_ = started_ + shared_.limits.body_timeout + earned;
  }
  return moved;
}

bool Connection::AdvanceLength() {
  const auto length = static_cast<size_t>(head_.content_length.value_or(0));
  request_size_ = head_size_ + length;
  if (input_.size() < request_size_) {
    body_received_ = input_.size() - head_size_;
    if (!ReserveArrived(length)) {
      Refuse(BodiesFull());
      return false;
    }
    const size_t missing = request_size_ - input_.size() + kReadAheadBytes;
    if (input_.Room().size() < kReadAheadBytes) {
      input_.Reserve(input_.size() >= kBodyGrowsTo ? missing : std::min(missing, std::max(kReadBytes, input_.size())));
    }
    return false;
  }
  Dispatch(input_.bytes().substr(head_size_, length));
  return state_ != State::kClosed;
}

bool Connection::AdvanceChunks() {
  const size_t before = chunked_body_.size();
  const ChunkProgress progress = chunks_.Read(input_.bytes(), chunked_body_, shared_.limits.body_bytes_max);
  if (progress.fault) {
    RefuseFault(*progress.fault);
    return false;
  }
  if (!ReserveBody(chunked_body_.size() - before)) {
    Refuse(BodiesFull());
    return false;
  }
  body_received_ += progress.consumed;
  input_.Consume(progress.consumed);
  if (!progress.done) return false;
  const size_t size = chunked_body_.size();
  chunked_body_.append(InputBuffer::kPadding, '\0');
  Dispatch(std::string_view(chunked_body_).substr(0, size));
  return state_ != State::kClosed;
}

}  // namespace tailrace::server
