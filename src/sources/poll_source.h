// An HTTP API that is asked again and again, by a schedule.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "config/spec_poll.h"
#include "ports/outbound_http.h"
#include "ports/source.h"
#include "sources/poll_asks.h"
#include "sources/poll_spool.h"

namespace tailrace {

// What a poll has done since the start, for people. Threads: from any.
struct PollCounts {
  std::atomic<int64_t> answers{0};    // that held what was promised
  std::atomic<int64_t> unchanged{0};  // 304
  std::atomic<int64_t> failed{0};     // that did not, or did not come
  std::atomic<int64_t> missed{0};     // due times that were never asked for
  // Since the epoch; 0: none since the start.
  std::atomic<int64_t> next_due_ms{0};      // 0 while it asks as well
  std::atomic<int64_t> last_due_ms{0};      // that was begun
  std::atomic<int64_t> last_answer_ms{0};   // when the last one of `answers` or `unchanged` came
  std::atomic<int64_t> last_failure_ms{0};  // when the last one of `failed` did, or did not come
};

// Waits until the clock has come to `due`. False: `stop` came first, or no further time is wanted.
using WaitForTime = std::function<bool(WallTime due, const std::stop_token& stop)>;

struct PollSourceOptions {
  std::string name;
  std::string folder;  // of its spool
  bool once = false;   // one due time, now, and what an earlier run left; then the end
  WaitForTime wait;    // not needed with `once`
  std::shared_ptr<PollCounts> counts;  // may be null
  std::shared_ptr<PollAsks> asks;      // null: nobody asks beside the schedule. Without a schedule it is asked so alone
  std::shared_ptr<PollRest> rest;      // of its spool; null: nobody copies that meanwhile
};

// One item, whose places are (due time in seconds, number of the row in it): an answer is spooled before its first row
// is handed out (with its number in the answer, from 1, as its line), and removed when its last one is in the log, so that a row is in the log once however often this
// process is killed. Requests of one due time go out one after the other.
// Ownership: borrows the rest, which must outlive it.
Result<std::unique_ptr<Source>> MakePollSource(const config::PollSourceSpec& spec, PollSourceOptions options, OutboundHttp& http,
                                               FileSystem& files, Clock& clock);

// On the clock's own time.
WaitForTime WaitOnClock(Clock& clock);

// Rows of one due time.
inline constexpr int kPollRowBits = 30;

}  // namespace tailrace
