// An object store in memory.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/object_store.h"

namespace tailrace {

class FakeObjectStore final : public ObjectStore {
 public:
  // The n-th put from now on (0: the next) and all after it fail; after it, when `done`, it has happened all the same.
  void FailPuts(int after, bool done) {
    const std::lock_guard lock(mutex_);
    failing_after_ = after;
    done_ = done;
  }
  void Mend() { FailPuts(-1, false); }
  int puts() const {
    const std::lock_guard lock(mutex_);
    return puts_;
  }
  std::map<std::string, std::string> objects() const {
    const std::lock_guard lock(mutex_);
    return objects_;
  }
  void Damage(const std::string& name, std::string bytes) {
    const std::lock_guard lock(mutex_);
    objects_[name] = std::move(bytes);
  }

  Status Put(const std::string& name, std::string_view bytes) override;
  Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) override;
  Status PutFile(const std::string& name, const std::string& path) override;
  Result<std::string> Get(const std::string& name, int64_t bytes_max) override;
  Result<std::vector<ObjectInfo>> List(const std::string& prefix) override;
  Status Delete(const std::string& name) override;

 private:
  Result<bool> Keep(const std::string& name, std::string_view bytes, bool replace);

  mutable std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  int puts_ = 0;
  int failing_after_ = -1;  // below 0: none fails
  bool done_ = false;
};

}  // namespace tailrace
