#include "engine/progress.h"

#include <algorithm>
#include <utility>

namespace tailrace::engine {
namespace {

// What readers of a stream may wait for.
auto OfStream(std::string_view stream) {
  return [stream](const MaterializationProgress& m) { return m.stream == stream && !m.shadow; };
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
      m->trouble.clear();
      m->troubled_since.reset();
    }
    advanced_.notify_all();
  }
  for (const auto& listener : listeners_) listener();
}

void Progress::TakeOver(std::string_view kind, std::string_view shadow, std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto* from = Find(kind, shadow);
  auto* to = Find(kind, name);
  if (from == nullptr || to == nullptr) return;
  to->positions = from->positions;
  to->letters = from->letters;
  to->flow = from->flow;
  to->counted_from.clear();
  to->stopped = false;
  to->trouble.clear();
  to->troubled_since.reset();
  advanced_.notify_all();
}

void Progress::SetTrouble(std::string_view kind, std::string_view name, const std::string& trouble,
                          std::chrono::steady_clock::time_point now) {
  std::lock_guard lock(mutex_);
  auto* m = Find(kind, name);
  if (m == nullptr) return;
  m->trouble = trouble;
  if (!m->troubled_since) m->troubled_since = now;
}

void Progress::SetStopped(std::string_view kind, std::string_view name) {
  std::lock_guard lock(mutex_);
  if (auto* m = Find(kind, name); m != nullptr) m->stopped = true;
  advanced_.notify_all();
}

Status Progress::CheckGoing(std::string_view kind, std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) { return m.kind == kind && m.name == name; });
  if (found == all_.end() || !found->stopped) return {};
  return Fail(Error::Unavailable(found->kind + " " + found->name + " has stopped: " + found->trouble));
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
      lock, stop, [&] { return ReachedLocked(concerns, wanted) || StoppedShortOf(concerns, wanted) != nullptr; });
  if (!ended) return Fail(Error::Cancelled("stopping"));
  if (const auto* stopped = StoppedShortOf(concerns, wanted); stopped != nullptr) {
    return Fail(Error::Unavailable(stopped->kind + " " + stopped->name + " has stopped: " + stopped->trouble));
  }
  return {};
}

void Progress::Subscribe(std::function<void()> changed) { listeners_.push_back(std::move(changed)); }

MaterializationProgress* Progress::Find(std::string_view kind, std::string_view name) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) { return m.kind == kind && m.name == name; });
  return found == all_.end() ? nullptr : &*found;
}

const MaterializationProgress* Progress::StoppedShortOf(const Concerns& concerns, const Positions& wanted) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& m) {
    return concerns(m) && m.stopped && !Covers(m.positions, wanted);
  });
  return found == all_.end() ? nullptr : &*found;
}

bool Progress::ReachedLocked(const Concerns& concerns, const Positions& wanted) const {
  return std::all_of(all_.begin(), all_.end(), [&](const auto& m) { return !concerns(m) || Covers(m.positions, wanted); });
}

}  // namespace tailrace::engine
