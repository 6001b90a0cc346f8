#include "engine/view_collections.h"

#include <algorithm>

#include "engine/patience.h"
#include "engine/plan.h"
#include "engine/result_rows.h"

namespace tailrace::engine {
namespace {

// Rewriting a collection reads its whole query; not more often than this under a steady load.
constexpr std::chrono::milliseconds kRefreshInterval{250};

}  // namespace

ViewCollections::ViewCollections(const config::Pipeline& pipeline, Warehouse& warehouse, DocumentStore& documents, Clock& clock)
    : warehouse_(warehouse), documents_(documents), clock_(clock) {
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) continue;
    Entry entry;
    entry.name = collection.name;
    entry.sql = collection.sql.text;
    entry.indexed = collection.index.size();
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
  if (since < kRefreshInterval && AnyDirty()) {
    return std::chrono::ceil<std::chrono::milliseconds>(kRefreshInterval - since);
  }
  for (Entry& entry : entries_) {
    {
      std::lock_guard lock(mutex_);
      if (!entry.dirty || stop.stop_requested()) continue;
      entry.dirty = false;
      entry.refreshing = true;
    }
    const Status refreshed = Refresh(entry, stop);
    std::lock_guard lock(mutex_);
    entry.refreshing = false;
    entry.trouble = refreshed ? "" : refreshed.error().message();
    entry.dirty = entry.dirty || (!refreshed && IsPassing(refreshed.error().code()));
    last_refresh_ = std::chrono::steady_clock::now();
    cleaned_.notify_all();
  }
  return AnyDirty() ? std::optional(kRefreshInterval) : std::nullopt;
}

bool ViewCollections::AnyDirty() const {
  std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.dirty; });
}

bool ViewCollections::WaitClean(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return cleaned_.wait(lock, stop, [&] {
    return std::none_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.dirty || entry.refreshing; });
  });
}

std::vector<std::pair<std::string, std::string>> ViewCollections::Troubles() const {
  std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> troubles;
  for (const Entry& entry : entries_) {
    if (!entry.trouble.empty()) troubles.emplace_back(entry.name, entry.trouble);
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
