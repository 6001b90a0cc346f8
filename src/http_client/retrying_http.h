// Outgoing requests that are tried again where that can help.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "base/random.h"
#include "ports/outbound_http.h"

namespace tailrace::http_client {

// Between two tries, however many there were.
inline constexpr std::chrono::milliseconds kRetryDelayMax{60'000};
// A longer Retry-After ends the tries: the answer is handed back as it is.
inline constexpr std::chrono::milliseconds kRetryAfterMax{300'000};

// Waits; false when `stop` came first.
using RetryWait = std::function<bool(std::chrono::milliseconds, const std::stop_token& stop)>;

// Tries `inner` up to `tries_max` times: again after kUnavailable and after 408, 425, 429, 500, 502, 503 and 504. Waits
// from half to all of `retry_delay`, doubled each time (so that many clients of a server that comes back do not come
// at once), or as long as Retry-After says. The last answer or error is the outcome. A request that changes something
// may so be done twice: who cannot have that sets `tries_max` to 1.
// Ownership: borrows `clock` and `random`.
std::unique_ptr<OutboundHttp> NewRetryingHttp(std::unique_ptr<OutboundHttp> inner, Clock& clock, Random& random, RetryWait wait);

// On the machine's own time.
RetryWait WaitOnTheMachine();

// What a Retry-After says, from `now`: seconds or an HTTP date; negative when it is neither.
std::chrono::milliseconds ReadRetryAfter(std::string_view text, WallTime now);

}  // namespace tailrace::http_client
