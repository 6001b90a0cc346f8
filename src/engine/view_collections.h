// Collections over views and tables: rewritten whole after commits that change what they read.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "config/spec.h"
#include "engine/progress.h"
#include "ports/document_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

// Threads: MarkDirty from any; RefreshDirty from one; WaitClean from any.
class ViewCollections {
 public:
  ViewCollections(const config::Pipeline& pipeline, Warehouse& warehouse, DocumentStore& documents, Clock& clock,
                  EnduranceLimits endurance = {});

  bool empty() const { return entries_.empty(); }

  // Something of `stream` was committed.
  void MarkDirty(std::string_view stream);
  void MarkAllDirty();

  // Rewrites those that are dirty; nullopt when all are clean, else when to come again.
  std::optional<std::chrono::milliseconds> RefreshDirty(const std::stop_token& stop);

  // Blocks until everything marked so far has been rewritten or has stopped; false when `stop` came first.
  bool WaitClean(const std::stop_token& stop) const;

  // Those that cannot be rewritten; `again_at` nullopt: with the next commit.
  std::vector<Standstill> Troubles() const;

 private:
  struct Entry {
    std::string name;
    std::string sql;
    size_t indexed = 0;
    std::set<std::string, std::less<>> streams;
    bool dirty = false;
    bool refreshing = false;
    Endurance endurance;
    std::optional<Standstill> trouble;
  };

  // When the next of those that are dirty may be rewritten; nullopt: none is.
  std::optional<std::chrono::steady_clock::time_point> NextTry() const;
  void NoteOutcome(Entry& entry, const Status& refreshed);
  Status Refresh(const Entry& entry, const std::stop_token& stop);

  Warehouse& warehouse_;
  DocumentStore& documents_;
  Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any cleaned_;
  std::vector<Entry> entries_;  // flags and texts protected by mutex_
  std::chrono::steady_clock::time_point last_refresh_{};  // the refreshing thread's
};

}  // namespace tailrace::engine
