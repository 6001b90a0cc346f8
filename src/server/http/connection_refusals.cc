// Connection: what is refused before a request reaches its handler, and how the connection goes on after that.
#include <algorithm>
#include <string>
#include <utility>

#include "server/http/connection.h"
#include "server/http/origin_check.h"

namespace tailrace::server {
namespace {

// While bodies fill this part of their memory, those that come slower than this have to go.
constexpr size_t kPressureNumerator = 3;
constexpr size_t kPressureDenominator = 4;
constexpr std::chrono::milliseconds kPatienceUnderPressure{2000};
constexpr size_t kRateUnderPressure = 4 << 20;  // bytes a second
// The rest of a refused body up to this is read and dropped, so that the connection can be used again.
constexpr size_t kSkipBytesMax = 1 << 20;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kBodiesFull = "the bodies of other requests fill the memory set aside for them";

Reply NoContent() {
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply Closing(Reply reply) {
  reply.close = true;
  return reply;
}

}  // namespace

Reply Connection::BodiesFull() { return BusyReply(std::string(kBodiesFull)); }

// What can be said before the body is there.
std::optional<Reply> Connection::RefusalOfHead() {
  Request& request = head_.request;
  if (auto refusal = RefusalOfOrigin()) return refusal;
  if (!head_.old_protocol && request.Header(HeaderField::kHost).empty()) {
    return Closing(ErrorReply(400, "bad_request", "an HTTP/1.1 request needs a Host field"));
  }
  if (request.target == "*" && request.method == "OPTIONS") return NoContent();
  Router::Match match = shared_.router.Find(request);
  route_ = match.route;
  // A browser asks without its reader's key.
  if (auto answer = match.allow.empty() ? std::nullopt : shared_.cors.Preflight(request, match.allow)) return answer;
  const bool is_public = route_ != nullptr && route_->spec().access.reach() == Access::Reach::kPublic;
  // Before it is said what there is.
  if (!is_public) {
    const bool takes_signatures = route_ != nullptr && route_->spec().access.reach() == Access::Reach::kSigned;
    if (auto refusal = shared_.gate.Identify(request, takes_signatures)) return Dressed(std::move(*refusal));
  }
  if (auto refusal = RefusalOfRoute(std::move(match))) return Dressed(std::move(*refusal));
  if (auto refusal = RefusalOfBody()) return Dressed(std::move(*refusal));
  return std::nullopt;
}

// In the shape that clients of the route read.
Reply Connection::Dressed(Reply reply) const {
  return route_ != nullptr && route_->spec().dress ? route_->spec().dress(std::move(reply)) : std::move(reply);
}

// On loopback foreign pages are kept out, but for those that the file lets in.
std::optional<Reply> Connection::RefusalOfOrigin() const {
  const Request& request = head_.request;
  if (!shared_.loopback_only) return std::nullopt;
  const auto why = ForeignOrigin(request, head_.old_protocol);
  if (!why) return std::nullopt;
  const bool is_allowed = why->code == kForeignOrigin && !shared_.cors.AnswerTo(request.Header(HeaderField::kOrigin)).empty();
  return is_allowed ? std::nullopt : std::optional(ErrorReply(why->status, why->code, why->message, why->hint));
}

std::optional<Reply> Connection::RefusalOfRoute(Router::Match match) {
  const Request& request = head_.request;
  if (route_ == nullptr) {
    if (match.allow.empty()) {
      return ErrorReply(404, "not_found", "there is nothing at " + std::string(request.path), "GET /openapi.json lists every route");
    }
    Reply reply = request.method == "OPTIONS"
                      ? NoContent()
                      : ErrorReply(405, "method_not_allowed", std::string(request.method) + " is not possible here; " + match.allow + " are");
    reply.headers.emplace_back("Allow", std::move(match.allow));
    return reply;
  }
  return shared_.gate.Refuse(route_->spec().access, request);
}

std::optional<Reply> Connection::RefusalOfBody() {
  const Request& request = head_.request;
  const bool expects = request.Has(HeaderField::kExpect);
  if (expects && !EqualsIgnoreCase(request.Header(HeaderField::kExpect), "100-continue")) {
    return ErrorReply(417, "expectation_failed", "the only Expect that is met is 100-continue");
  }
  if (route_->spec().takes_body && !request.has_length) {
    return ErrorReply(411, "length_required", "a body with Content-Length, or in chunks, is needed");
  }
  const uint64_t length = head_.content_length.value_or(0);
  if (length > shared_.limits.body_bytes_max) {
    return ErrorReply(413, "too_large",
                      "the body of " + std::to_string(length) + " bytes is larger than " + std::to_string(shared_.limits.body_bytes_max),
                      "send it in several requests");
  }
  if (auto refusal = RefusalOfLoad(static_cast<size_t>(length))) return refusal;
  const bool body_is_missing = head_size_ == 0;
  if (expects && body_is_missing && !head_.old_protocol) {
    output_ += kContinue;
    Flush();
  }
  return std::nullopt;
}

// Whoever asks again at once, and not when Retry-After says, would have the loop do nothing but refuse: a connection that was refused is not
// looked at for a moment, which costs nothing.
std::optional<Reply> Connection::RefusalOfLoad(size_t length) {
  std::optional<Reply> refusal;
  if (route_->spec().appends && length <= kSkipBytesMax && !shared_.admission.HasRoom(length)) {
    refusal = BusyReply("more requests come than can be written");
  } else if (!ReserveArrived(length)) {
    refusal = BodiesFull();
  }
  held_back_ = refusal.has_value();
  return refusal;
}

// A body of known size that has come, or is small, is passed over. With any other the client may go on or not: the connection cannot be
// used again.
void Connection::PrepareToSkipBody() {
  const uint64_t length = head_.content_length.value_or(0);
  const size_t there = input_.size() - head_size_;
  const bool will_come = !head_.request.Has(HeaderField::kExpect) && length <= std::min(shared_.limits.body_bytes_max, kSkipBytesMax);
  if (!head_.chunked && (length <= there || will_come)) {
    const size_t skipped_now = std::min<size_t>(static_cast<size_t>(length), there);
    request_size_ = head_size_ + skipped_now;
    to_skip_ = static_cast<size_t>(length) - skipped_now;
    return;
  }
  linger_ = true;
  request_size_ = input_.size();
}

// What a slow client has sent stands in memory that others could use.
bool Connection::IsTooSlowNow(std::chrono::steady_clock::time_point now) const {
  if (shared_.body_bytes.used() / kPressureNumerator < shared_.limits.bytes_in_flight_max / kPressureDenominator) return false;
  return now - started_ > kPatienceUnderPressure + std::chrono::milliseconds(body_received_ * 1000 / kRateUnderPressure);
}

// Answers a request that cannot be read to its end.
void Connection::Refuse(Reply reply) {
  request_size_ = input_.size();
  linger_ = true;
  state_ = State::kAnswering;
  Send(Closing(Dressed(std::move(reply))));
}

void Connection::RefuseFault(const ProtocolFault& fault) {
  const std::string_view code = fault.status == 413 ? "too_large" : fault.status == 431 ? "header_too_large" : "bad_request";
  head_.old_protocol = false;
  started_ = loop_.clock().Monotonic();
  Refuse(ErrorReply(fault.status, code, fault.message));
}

}  // namespace tailrace::server
