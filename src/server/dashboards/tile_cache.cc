#include "server/dashboards/tile_cache.h"

#include <algorithm>
#include <utility>

#include "crypto/digest.h"

namespace tailrace::server {
namespace {

constexpr int kOk = 200;
constexpr size_t kTagBytes = 16;
constexpr size_t kLargestShare = 4;

// Of the content, so that the same is the same after a restart too, and nothing else ever is.
std::string TagOf(const Reply& reply) {
  const std::string digest = crypto::Sha256(reply.body);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string tag = "\"";
  for (const char c : digest.substr(0, kTagBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    tag += kHex[byte >> 4];
    tag += kHex[byte & 15];
  }
  return tag + '"';
}

struct Left {
  std::function<void()> leave;
  void operator()() { leave(); }
};

struct RequestStop {
  std::stop_source stop;
  void operator()() { stop.request_stop(); }
};

}  // namespace

struct TileCache::Waiter {
  Take take;
  std::unique_ptr<std::stop_callback<Left>> on_gone;  // never destroyed under mutex_, for it may be running and want it
};

// One computation. Protected by mutex_ but for `stop`.
struct TileCache::Flight {
  TileQuestion question;
  std::chrono::steady_clock::time_point asked_at;
  std::stop_source stop;
  std::vector<std::shared_ptr<Waiter>> waiters;
  size_t left = 0;  // of the waiters
};

TileCache::TileCache(size_t bytes_max, Post post, Clock& clock, Metrics& metrics)
    : bytes_max_(bytes_max),
      post_(std::move(post)),
      clock_(clock),
      hits_(metrics.AddCounter("tailrace_tiles_total", "Tiles of dashboards that were asked for, by where the answer came from.", {{"from", "cache"}})),
      joined_(metrics.AddCounter("tailrace_tiles_total", "Tiles of dashboards that were asked for, by where the answer came from.", {{"from", "another"}})),
      misses_(metrics.AddCounter("tailrace_tiles_total", "Tiles of dashboards that were asked for, by where the answer came from.", {{"from", "query"}})),
      evicted_(metrics.AddCounter("tailrace_tile_cache_evicted_total", "Answers of tiles that made room for others.")) {
  metrics.AddCallback("tailrace_tile_cache_bytes", "Answers of tiles that are kept, in bytes.", {}, [this] { return static_cast<double>(bytes()); });
}

TileCache::~TileCache() { Stop(); }

std::string TileCache::NameOf(const TileQuestion& question) { return question.key + '\0' + question.version; }

TileAnswerPtr TileCache::Find(const TileQuestion& question) {
  const auto found = by_key_.find(question.key);
  if (found == by_key_.end()) return nullptr;
  const auto entry = found->second;
  const bool is_old = question.changes_by_itself && clock_.Monotonic() - entry->made_at >= kKeptByItself;
  if (entry->version != question.version || is_old) {
    Drop(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

void TileCache::Drop(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

void TileCache::Keep(const TileQuestion& question, TileAnswerPtr answer, std::chrono::steady_clock::time_point asked_at) {
  const size_t bytes = answer->reply.body.size() + 2 * question.key.size() + question.version.size() + kEntryBytes;
  if (bytes > bytes_max_ / kLargestShare) return;
  const auto found = by_key_.find(question.key);
  if (found != by_key_.end()) Drop(found->second);
  entries_.push_front({question.key, question.version, std::move(answer), asked_at, bytes});
  by_key_[question.key] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > bytes_max_) {
    Drop(std::prev(entries_.end()));
    evicted_.Add();
  }
}

void TileCache::Ask(const TileQuestion& question, Compute compute, std::stop_token gone, Take take) {
  auto waiter = std::make_shared<Waiter>();
  waiter->take = std::move(take);
  FlightPtr flight;
  TileAnswerPtr ready;
  bool is_first = false;
  {
    std::lock_guard lock(mutex_);
    if (stopped_) return;
    ready = Find(question);
    if (ready == nullptr) {
      FlightPtr& under_way = flights_[NameOf(question)];
      is_first = under_way == nullptr;
      if (is_first) under_way = std::make_shared<Flight>(Flight{question, clock_.Monotonic(), {}, {}, 0});
      flight = under_way;
      flight->waiters.push_back(waiter);
    }
  }
  if (ready != nullptr) {
    hits_.Add();
    return waiter->take(std::move(ready));
  }
  (is_first ? misses_ : joined_).Add();
  waiter->on_gone = std::make_unique<std::stop_callback<Left>>(std::move(gone), Left{[this, seen = std::weak_ptr<Flight>(flight)] {
                                                                         if (const FlightPtr flying = seen.lock()) Leave(flying);
                                                                       }});
  if (!is_first) return;
  const bool posted = post_([this, flight, compute = std::move(compute)](std::stop_token overdue) {
    const std::stop_callback<RequestStop> on_overdue(overdue, RequestStop{flight->stop});
    Reply reply = compute(flight->stop.get_token());
    if (reply.status != kOk && overdue.stop_requested()) reply = ErrorReply(504, "timeout", "the query of the tile took too long");
    auto answer = std::make_shared<TileAnswer>();
    if (reply.status == kOk) answer->tag = TagOf(reply);
    answer->reply = std::move(reply);
    Finish(flight, std::move(answer));
  });
  if (!posted) Finish(flight, std::make_shared<TileAnswer>(TileAnswer{BusyReply("too many queries are waiting"), ""}));
}

void TileCache::Finish(const FlightPtr& flight, TileAnswerPtr answer) {
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    std::lock_guard lock(mutex_);
    const auto found = flights_.find(NameOf(flight->question));
    if (found != flights_.end() && found->second == flight) flights_.erase(found);
    waiters.swap(flight->waiters);
    if (!answer->tag.empty() && !stopped_) Keep(flight->question, answer, flight->asked_at);
  }
  for (const auto& waiter : waiters) waiter->take(answer);
}

// Whoever asks from now on has it computed anew.
void TileCache::Leave(const FlightPtr& flight) {
  {
    std::lock_guard lock(mutex_);
    if (++flight->left < flight->waiters.size() || flight->waiters.empty()) return;
    const auto found = flights_.find(NameOf(flight->question));
    if (found != flights_.end() && found->second == flight) flights_.erase(found);
  }
  flight->stop.request_stop();
}

void TileCache::Stop() {
  std::map<std::string, FlightPtr, std::less<>> flights;
  std::vector<std::shared_ptr<Waiter>> waiters;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    flights.swap(flights_);
    for (const auto& [name, flight] : flights) {
      for (auto& waiter : flight->waiters) waiters.push_back(std::move(waiter));
      flight->waiters.clear();
    }
  }
  for (const auto& [name, flight] : flights) flight->stop.request_stop();
}

}  // namespace tailrace::server
