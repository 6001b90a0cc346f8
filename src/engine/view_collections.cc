#include "engine/view_collections.h"

#include <algorithm>

#include "base/logging.h"
#include "engine/patience.h"
#include "engine/plan.h"
#include "engine/result_rows.h"

namespace tailrace::engine {
namespace {

// Rewriting a collection reads its whole query; not more often than this under a steady load.
constexpr std::chrono::milliseconds kRefreshInterval{250};

}  // namespace

ViewCollections::ViewCollections(const config::Pipeline& pipeline, Warehouse& warehouse, DocumentStore& documents, Clock& clock,
                                 EnduranceLimits endurance)
    : warehouse_(warehouse), documents_(documents), clock_(clock) {
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) continue;
    Entry entry;
    entry.name = collection.name;
    entry.sql = collection.sql.text;
    entry.indexed = collection.index.size();
    entry.endurance = Endurance(endurance);
    for (const std::string& read : collection.reads) {
      for (const std::string& stream : StreamsBehind(pipeline, read)) entry.streams.insert(stream);
    }
    entries_.push_back(std::move(entry));
  }
}

void ViewCollections::MarkDirty(std::string_view stream) {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.dirty = entry.dirty || entry.streams.contains(stream);
}

void ViewCollections::MarkAllDirty() {
  std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry.dirty = true;
}

std::optional<std::chrono::milliseconds> ViewCollections::RefreshDirty(const std::stop_token& stop) {
  const auto since = std::chrono::steady_clock::now() - last_refresh_;
  if (since < kRefreshInterval && NextTry()) return std::chrono::ceil<std::chrono::milliseconds>(kRefreshInterval - since);
  for (Entry& entry : entries_) {
    {
      std::lock_guard lock(mutex_);
      const bool is_due = !entry.trouble || !entry.trouble->again_at || *entry.trouble->again_at <= std::chrono::steady_clock::now();
      if (!entry.dirty || !is_due || stop.stop_requested()) continue;
      entry.dirty = false;
      entry.refreshing = true;
    }
    const Status refreshed = Refresh(entry, stop);
    std::lock_guard lock(mutex_);
    entry.refreshing = false;
    if (!refreshed && stop.stop_requested()) {
      entry.dirty = true;
      return std::nullopt;
    }
    NoteOutcome(entry, refreshed);
    last_refresh_ = std::chrono::steady_clock::now();
    cleaned_.notify_all();
  }
  const auto next = NextTry();
  if (!next) return std::nullopt;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now()), kRefreshInterval);
}

void ViewCollections::NoteOutcome(Entry& entry, const Status& refreshed) {
  const bool was_stopped = entry.trouble && entry.trouble->stopped;
  if (refreshed) {
    if (was_stopped) LogInfo("part_goes_on", {{"kind", "collection"}, {"name", entry.name}});
    (void)entry.endurance.Worked();
    entry.trouble.reset();
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const bool passes = IsPassing(refreshed.error().code());
  Standstill trouble{entry.name, refreshed.error().message(), entry.trouble ? entry.trouble->since : now, !passes, std::nullopt};
  if (passes) {
    trouble.again_at = now + entry.endurance.Failed(now);
    trouble.stopped = entry.endurance.stopped();
    entry.dirty = true;
  }
  if (trouble.stopped && !was_stopped) LogError("part_stopped", {{"kind", "collection"}, {"name", entry.name}, {"reason", trouble.reason}});
  entry.trouble = std::move(trouble);
}

std::optional<std::chrono::steady_clock::time_point> ViewCollections::NextTry() const {
  std::lock_guard lock(mutex_);
  std::optional<std::chrono::steady_clock::time_point> next;
  for (const Entry& entry : entries_) {
    if (!entry.dirty) continue;
    const auto at = entry.trouble && entry.trouble->again_at ? *entry.trouble->again_at : std::chrono::steady_clock::now();
    next = std::min(at, next.value_or(at));
  }
  return next;
}

bool ViewCollections::WaitClean(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return cleaned_.wait(lock, stop, [&] {
    return std::none_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
      const bool pauses = entry.trouble && entry.trouble->stopped && entry.trouble->again_at;
      return entry.refreshing || (entry.dirty && !pauses);
    });
  });
}

std::vector<Standstill> ViewCollections::Troubles() const {
  std::lock_guard lock(mutex_);
  std::vector<Standstill> troubles;
  for (const Entry& entry : entries_) {
    if (entry.trouble) troubles.push_back(*entry.trouble);
  }
  return troubles;
}

Status ViewCollections::Refresh(const Entry& entry, const std::stop_token& stop) {
  QueryRequest request;
  request.sql = entry.sql;
  request.now_micros = clock_.Now().micros;
  request.trusted = true;
  ResultRows rows;
  TR_TRY(const QuerySummary summary, warehouse_.Query(request, rows, stop));
  (void)summary;
  TR_TRY(const auto changes, rows.AsDocuments(entry.indexed));
  return documents_.Replace(entry.name, changes);
}

}  // namespace tailrace::engine
