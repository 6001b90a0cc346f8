// One client: reads requests from its socket, hands them to their routes one after another, writes the answers in order.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "crypto/tls.h"
#include "server/http/admission.h"
#include "server/http/byte_budget.h"
#include "server/http/certificates.h"
#include "server/http/cors.h"
#include "server/http/exchange.h"
#include "server/http/gate.h"
#include "server/http/input_buffer.h"
#include "server/http/loop.h"
#include "server/http/request_parser.h"
#include "server/http/router.h"
#include "server/http/transport.h"
#include "server/options.h"

namespace tailrace::server {

// What all connections of a server share. Threads: constant after construction, or thread-safe by itself.
struct ConnectionShared {
  const Router& router;
  const Limits& limits;
  const Gate& gate;
  const Cors& cors;
  const Certificates* certificates = nullptr;  // null: plain HTTP
  bool loopback_only = true;             // refuse foreign Host and Origin
  Admission& admission;
  ByteBudget body_bytes;
  ByteBudget answer_bytes;
  ByteBudget kept_bytes;                 // buffers of connections that wait for their next request
  std::atomic<size_t> connections{0};
  std::atomic<bool> stopping{false};
};

// Threads:   the loop's own. Ownership: owns its socket; kept alive by its loop until it is closed, and by whoever is answering.
class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  // `socket` does not block. `tls` null: what goes over it is plain.
  Connection(int socket, Loop& loop, ConnectionShared& shared, std::unique_ptr<crypto::TlsSession> tls);
  ~Connection();

  void Start();
  void OnReady(const SocketNews& news);
  int socket() const { return transport_.socket(); }

  // Takes no request after the one being answered; closes at once when there is none.
  void StopAfterCurrent();
  void Close();
  void CheckDeadline(std::chrono::steady_clock::time_point now);

  const Request& request() const override { return head_.request; }
  Executor& loop() override { return loop_; }
  std::chrono::nanoseconds waited() const override;
  void Send(Reply reply) override;
  std::stop_token Gone() override;
  void BeginStream(Reply head) override;
  bool WriteStream(std::string_view bytes) override;
  size_t unsent_bytes() const override { return output_.size() - output_sent_; }
  void EndStream() override;

 private:
  enum class State {
    kIdle,       // no byte of a request is there
    kHead,       // a part of its head is there
    kBody,
    kAnswering,  // a handler has it
    kStreaming,  // its answer goes on
    kDraining,   // the last answer is being written, then closed
    kLingering,  // it is written; what the client still sends is thrown away for a moment, else it would lose the answer
    kClosed,
  };

  void Run();
  void Advance();
  bool AdvanceHead();
  bool AdvanceBody();
  bool AdvanceLength();
  bool AdvanceChunks();
  bool BeginRequest(size_t head_size);
  std::optional<ProtocolFault> ParseHead(size_t head_size);
  bool ReserveBody(size_t bytes);
  bool ReserveArrived(size_t length);

  // In connection_refusals.cc.
  static Reply BodiesFull();
  std::optional<Reply> RefusalOfHead();
  std::optional<Reply> RefusalOfOrigin() const;
  Reply Dressed(Reply reply) const;
  std::optional<Reply> RefusalOfRoute(Router::Match match);
  std::optional<Reply> RefusalOfBody();
  std::optional<Reply> RefusalOfLoad(size_t length);
  bool IsTooSlowNow(std::chrono::steady_clock::time_point now) const;
  void PrepareToSkipBody();
  void Refuse(Reply reply);
  void RefuseFault(const ProtocolFault& fault);

  // In connection_answers.cc.
  void Dispatch(std::string_view body);
  ReplyFrame Frame() const;
  void CountAnswer(int status);
  void FinishRequest();
  void KeepBuffers();
  void UseBuffers();
  void Flush();
  void EndOutput();

  bool Receive();
  void OnReceived(size_t bytes);
  void OnInputEnd();
  void SetDeadline(std::chrono::milliseconds from_now);

  Transport transport_;
  Loop& loop_;
  ConnectionShared& shared_;
  ChunkReader chunks_;
  InputBuffer input_;
  std::string output_;
  size_t output_sent_ = 0;

  State state_ = State::kIdle;
  RequestHead head_;
  std::string head_copy_;         // of a head whose body is not all there: input_ may move its bytes while it fills
  size_t head_size_ = 0;          // of the head at the front of input_; 0 when it was copied
  size_t request_size_ = 0;       // of what stands of the request in input_
  std::string chunked_body_;      // with padding while it is answered
  size_t body_received_ = 0;
  size_t body_reserved_ = 0;      // taken from shared_.body_bytes
  size_t answer_reserved_ = 0;    // taken from shared_.answer_bytes
  size_t kept_reserved_ = 0;      // taken from shared_.kept_bytes
  size_t to_skip_ = 0;            // of a body that was refused before it was there
  Route* route_ = nullptr;
  std::chrono::steady_clock::time_point started_{};    // its header was complete
  std::chrono::steady_clock::time_point answered_{};
  std::chrono::steady_clock::time_point deadline_{};
  std::optional<std::stop_source> gone_;

  bool running_ = false;          // Run is on the stack
  bool readable_ = false;         // the socket may have something to read
  bool end_announced_ = false;    // the client has ended its side; bytes may still stand before that
  bool writing_ = false;          // the socket takes no more until it says so
  bool input_ended_ = false;      // the client sends no more
  bool close_after_ = false;
  bool linger_ = false;           // the client may still be sending
  bool held_back_ = false;        // refused for want of room: nothing is read until the loop's next tick
};

}  // namespace tailrace::server
