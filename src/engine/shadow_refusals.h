// Which records a shadow has refused so far, so that a record sent again is given to it exactly when it has refused the original: its
// definition may be another one than that which refused it when it was live.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/ids.h"

namespace tailrace::engine {

// Threads: thread-safe. Memory: 16 bytes and a tree node a refused record, until the shadow is forgotten.
class ShadowRefusals {
 public:
  void Add(std::string_view shadow, PartitionId partition, Offset offset) {
    const std::lock_guard lock(mutex_);
    refused_[std::string(shadow)].insert({partition, offset});
  }

  bool Has(std::string_view shadow, PartitionId partition, Offset offset) const {
    const std::lock_guard lock(mutex_);
    const auto found = refused_.find(shadow);
    return found != refused_.end() && found->second.contains({partition, offset});
  }

  void Remove(std::string_view shadow, PartitionId partition, Offset offset) {
    const std::lock_guard lock(mutex_);
    const auto found = refused_.find(shadow);
    if (found != refused_.end()) found->second.erase({partition, offset});
  }

  void Forget(std::string_view shadow) {
    const std::lock_guard lock(mutex_);
    const auto found = refused_.find(shadow);
    if (found != refused_.end()) refused_.erase(found);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::pair<PartitionId, Offset>>, std::less<>> refused_;  // by name, with its suffix
};

}  // namespace tailrace::engine
