// Progress that a test makes.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/services.h"

namespace tailrace::server {

// Threads: thread-safe.
class ScriptedProgress final : public Progress {
 public:
  void Commit(const std::string& stream, Positions positions) {
    std::function<void()> changed;
    {
      std::lock_guard lock(mutex_);
      committed_[stream] = std::move(positions);
      ++commits_[stream];
      changed = changed_;
    }
    if (changed) changed();
  }
  void SetNotReady(std::vector<std::string> reasons) {
    std::lock_guard lock(mutex_);
    reasons_ = std::move(reasons);
  }

  std::vector<MaterializationProgress> All() const override {
    std::lock_guard lock(mutex_);
    std::vector<MaterializationProgress> all;
    for (const auto& [stream, positions] : committed_) {
      MaterializationProgress& made = all.emplace_back();
      made.name = made.stream = stream;
      made.kind = "rows";
      made.positions = positions;
      made.commits = commits_.at(stream);
    }
    return all;
  }
  bool Reached(std::string_view stream, const Positions& wanted) const override {
    std::lock_guard lock(mutex_);
    const auto found = committed_.find(std::string(stream));
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Offset reached = found != committed_.end() && i < found->second.size() ? found->second[i] : Offset{0};
      if (reached < wanted[i]) return false;
    }
    return true;
  }
  void Subscribe(std::function<void()> changed) override {
    std::lock_guard lock(mutex_);
    changed_ = [before = std::move(changed_), changed = std::move(changed)] {
      if (before) before();
      changed();
    };
  }
  std::vector<std::string> NotReadyReasons() const override {
    std::lock_guard lock(mutex_);
    return reasons_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Positions> committed_;
  std::map<std::string, int64_t> commits_;
  std::vector<std::string> reasons_;
  std::function<void()> changed_;
};

}  // namespace tailrace::server
