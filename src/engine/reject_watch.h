// Holds a stream's dead letters against what its `max_rejects` allows, and says what is held up by it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/dead_letters.h"
#include "engine/reject_window.h"
#include "ports/event_log.h"

namespace tailrace::engine {

// A stream with more dead letters than it may have.
struct RejectTrouble {
  std::string reason;     // "stream sales has 120 dead letters among the 1000 records of the last 10m, more than its max_rejects: 5% of 10m"
  bool pauses = false;    // `on_rejects: pause`
};

struct RejectStanding {
  std::string stream;
  std::string limit;      // as it is written
  RejectCounts counts;    // of the last look
  std::optional<RejectTrouble> trouble;
};

// Everything is counted from the logs, so a restart forgets nothing. A stream is well again when the window has passed, when its open
// letters are few enough again (a limit without a window), or when somebody says that what came so far counts no more (Resume).
// Letters of one that was sent again and refused anew are not counted twice in a window.
// Threads:   thread-safe. Start and Stop once each, Stop twice is fine; without them Look answers all the same.
// Ownership: borrows all. The log calls it until EventLog::Stop, so it must live until then.
class RejectWatch {
 public:
  // Nobody is told later than this that a stream is in trouble, or out of it.
  static constexpr std::chrono::milliseconds kLookAgain{1000};
  // Looks by itself no more often than this: letters come by the thousand.
  static constexpr std::chrono::milliseconds kBetweenLooks{50};

  struct Ids {
    StreamId records;
    StreamId dead_letters;
  };
  using IdsOf = std::function<Ids(const std::string& stream)>;

  // Of streams with a limit; the others are never in trouble.
  RejectWatch(const config::Pipeline& pipeline, const IdsOf& ids_of, EventLog& log, DeadLetters& letters, Clock& clock);
  ~RejectWatch() { Stop(); }

  void Start();
  void Stop();

  // Reads what is new, so it may take a while: letters in the log now are counted. Nullopt: all is well, or there is no limit.
  std::optional<RejectTrouble> Look(std::string_view stream);

  void LookAtAll();

  // What the last look found; returns at once. `stream` is its index in the pipeline.
  std::optional<RejectTrouble> Known(size_t stream) const;
  bool IsPaused(size_t stream) const { return watched_[stream] != nullptr && watched_[stream]->pauses; }

  // Of the streams with a limit, in the pipeline's order.
  std::vector<RejectStanding> Standings() const;

  // What came so far counts no more; durable when it returns. kNotFound: no such stream. kInvalid: it has no limit. Else those of the log.
  Status Resume(std::string_view stream);

 private:
  struct Watched {
    explicit Watched(config::RejectLimit l) : limit(std::move(l)), window(limit.window_ms) {}
    std::string stream;
    const config::RejectLimit limit;
    Ids ids;

    std::mutex look_mutex;                // one looks at a time; what is below is the looker's
    RejectWindow window;
    std::optional<Offset> next;           // of the dead-letter log, to be read; nullopt: nothing was read yet
    int64_t counts_from_ms = 0;           // time of the last Resume that was read

    mutable std::mutex mutex;             // protects what is below
    RejectCounts counts;
    std::optional<RejectTrouble> trouble;
    std::atomic<bool> pauses{false};
  };

  std::optional<RejectTrouble> Look(Watched& watched);
  Result<RejectCounts> Count(Watched& watched);
  Status ReadNew(Watched& watched, int64_t now_ms);
  Result<int64_t> RecordsSince(StreamId stream, int64_t time_ms) const;
  std::string Reason(const Watched& watched, const RejectCounts& counts) const;
  Watched* Find(std::string_view stream) const;
  void Wake();
  void Run(const std::stop_token& stop);

  EventLog& log_;
  DeadLetters& letters_;
  Clock& clock_;
  std::vector<std::unique_ptr<Watched>> watched_;  // by index of the stream; null: no limit
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool changed_ = true;                            // protected by mutex_
  std::jthread thread_;
};

}  // namespace tailrace::engine
