#include "engine/progress.h"

#include <algorithm>
#include <utility>

namespace tailrace::engine {
namespace {

// What readers of a stream may wait for.
auto OfStream(std::string_view stream) {
  return [stream](const MaterializationProgress& m) { return m.stream == stream && !m.shadow; };
}

std::string HasStopped(const MaterializationProgress& m) { return m.kind + " " + m.name + " has stopped: " + m.trouble; }

std::string HasStopped(const Standstill& feed) { return "stream " + feed.name + " cannot be read on: " + feed.reason; }

void EndTrouble(MaterializationProgress* m) {
  m->trouble.clear();
  m->troubled_since.reset();
  m->stopped = false;
  m->again_at.reset();
}

}  // namespace

bool Covers(const Positions& reached, const Positions& wanted) {
  for (size_t p = 0; p < wanted.size(); ++p) {
    if (p >= reached.size() ? wanted[p].value > 0 : reached[p] < wanted[p]) return false;
  }
  return true;
}

void Progress::Add(MaterializationProgress materialization) {
  std::lock_guard lock(mutex_);
  all_.push_back(std::move(materialization));
}

void Progress::Remove(std::string_view kind, std::string_view name) {
  std::lock_guard lock(mutex_);
  std::erase_if(all_, [&](const auto& m) { return m.kind == kind && m.name == name; });
}

void Progress::Advance(std::string_view kind, std::string_view name, const Positions& positions, const Flow& flow,
                       std::optional<Offset> letters) {
  {
    std::lock_guard lock(mutex_);
    if (auto* m = Find(kind, name); m != nullptr) {
      m->positions = positions;
      m->flow = flow;
      m->letters = letters.value_or(m->letters);
      ++m->commits;
      EndTrouble(m);
    }
    advanced_.notify_all();
  }
  for (const auto& listener : listeners_) listener();
}

void Progress::TakeOver(std::string_view kind, std::string_view shadow, std::string_view name) {
  {
    std::lock_guard lock(mutex_);
    const auto* from = Find(kind, shadow);
    auto* to = Find(kind, name);
    if (from == nullptr || to == nullptr) return;
    to->positions = from->positions;
    to->letters = from->letters;
    to->flow = from->flow;
    to->counted_from.clear();
    ++to->commits;
    EndTrouble(to);
    advanced_.notify_all();
  }
  for (const auto& listener : listeners_) listener();
}

void Progress::SetTrouble(std::string_view kind, std::string_view name, const std::string& trouble,
                          std::chrono::steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  auto* m = Find(kind, name);
  if (m == nullptr) return;
  m->trouble = trouble;
  if (!m->troubled_since) m->troubled_since = now;
}

void Progress::SetStopped(std::string_view kind, std::string_view name, std::optional<std::chrono::steady_clock::time_point> again_at) {
  std::lock_guard lock(mutex_);
  auto* m = Find(kind, name);
  if (m == nullptr) return;
  m->stopped = true;
  m->again_at = again_at;
  advanced_.notify_all();
}

void Progress::SetTried(std::string_view kind, std::string_view name) {
  std::lock_guard lock(mutex_);
  auto* m = Find(kind, name);
  if (m == nullptr) return;
  m->stopped = false;
  m->again_at.reset();
}

void Progress::SetFeedTrouble(Standstill trouble) {
  std::lock_guard lock(mutex_);
  const auto known = std::find_if(feed_troubles_.begin(), feed_troubles_.end(), [&](const auto& f) { return f.name == trouble.name; });
  if (known == feed_troubles_.end()) {
    feed_troubles_.push_back(std::move(trouble));
  } else {
    trouble.since = known->since;
    *known = std::move(trouble);
  }
  advanced_.notify_all();
}

void Progress::EndFeedTrouble(std::string_view stream) {
  std::lock_guard lock(mutex_);
  std::erase_if(feed_troubles_, [&](const auto& f) { return f.name == stream; });
}

std::vector<Standstill> Progress::FeedTroubles() const {
  std::lock_guard lock(mutex_);
  return feed_troubles_;
}

std::optional<std::string> Progress::WhyStopped(std::string_view stream) const {
  std::lock_guard lock(mutex_);
  if (const Standstill* feed = FindFeedTrouble(stream); feed != nullptr && feed->stopped) return HasStopped(*feed);
  const auto concerns = OfStream(stream);
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) { return m.stopped && concerns(m); });
  return found == all_.end() ? std::nullopt : std::optional(HasStopped(*found));
}

Status Progress::CheckGoing(std::string_view kind, std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) { return m.kind == kind && m.name == name; });
  if (found == all_.end() || !found->stopped) return {};
  return Fail(Error::Unavailable(HasStopped(*found)));
}

std::vector<MaterializationProgress> Progress::All() const {
  std::lock_guard lock(mutex_);
  return all_;
}

std::optional<MaterializationProgress> Progress::Of(std::string_view kind, std::string_view name) const {
  std::lock_guard lock(mutex_);
  for (const MaterializationProgress& m : all_) {
    if (m.kind == kind && m.name == name) return m;
  }
  return std::nullopt;
}

bool Progress::Reached(std::string_view stream, const Positions& wanted) const {
  std::lock_guard lock(mutex_);
  return ReachedLocked(OfStream(stream), wanted);
}

Status Progress::Wait(std::string_view stream, const Positions& wanted, const std::stop_token& stop) const {
  return WaitUntil(OfStream(stream), wanted, stop);
}

Status Progress::WaitForOne(std::string_view kind, std::string_view name, const Positions& wanted,
                            const std::stop_token& stop) const {
  return WaitUntil([&](const auto& m) { return m.kind == kind && m.name == name; }, wanted, stop);
}

Status Progress::WaitUntil(const Concerns& concerns, const Positions& wanted, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  const bool ended = advanced_.wait(
      lock, stop, [&] { return ReachedLocked(concerns, wanted) || StoppedShortOf(concerns, wanted).has_value(); });
  if (!ended) return Fail(Error::Cancelled("stopping"));
  if (auto stopped = StoppedShortOf(concerns, wanted)) return Fail(Error::Unavailable(std::move(*stopped)));
  return {};
}

void Progress::Subscribe(std::function<void()> changed) { listeners_.push_back(std::move(changed)); }

MaterializationProgress* Progress::Find(std::string_view kind, std::string_view name) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) { return m.kind == kind && m.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

std::optional<std::string> Progress::StoppedShortOf(const Concerns& concerns, const Positions& wanted) const {
  for (const MaterializationProgress& m : all_) {
    if (!concerns(m) || Covers(m.positions, wanted)) continue;
    if (m.stopped) return HasStopped(m);
    // A shadow has a feed of its own.
    const Standstill* feed = m.shadow ? nullptr : FindFeedTrouble(m.stream);
    if (feed != nullptr && feed->stopped) return HasStopped(*feed);
  }
  return std::nullopt;
}

const Standstill* Progress::FindFeedTrouble(std::string_view stream) const {
  const auto found = std::find_if(feed_troubles_.begin(), feed_troubles_.end(), [&](const auto& f) { return f.name == stream; });
  return found == feed_troubles_.end() ? nullptr : &*found;
}

bool Progress::ReachedLocked(const Concerns& concerns, const Positions& wanted) const {
  return std::all_of(all_.begin(), all_.end(), [&](const auto& m) { return !concerns(m) || Covers(m.positions, wanted); });
}

}  // namespace tailrace::engine
