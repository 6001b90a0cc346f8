#include "ports/testing/fake_object_store.h"

#include "base/file_system.h"

namespace tailrace {

Result<bool> FakeObjectStore::Keep(const std::string& name, std::string_view bytes, bool replace) {
  if (!IsObjectName(name)) return Fail(Error::Invalid(name + " is no name of an object"));
  const std::lock_guard lock(mutex_);
  ++puts_;
  const bool fails = failing_after_ == 0;
  if (failing_after_ > 0) --failing_after_;
  if (fails && !done_) return Fail(Error::Unavailable("the store is away"));
  const bool is_new = replace ? (objects_[name] = bytes, true) : objects_.emplace(name, bytes).second;
  if (fails) return Fail(Error::Unavailable("the store's answer is lost"));
  return is_new;
}

Status FakeObjectStore::Put(const std::string& name, std::string_view bytes) {
  const auto kept = Keep(name, bytes, true);
  return kept ? Status() : Fail(kept.error());
}

Result<bool> FakeObjectStore::PutIfAbsent(const std::string& name, std::string_view bytes) { return Keep(name, bytes, false); }

Status FakeObjectStore::PutFile(const std::string& name, const std::string& path) {
  TR_TRY(const std::string bytes, ReadFile(PosixFileSystem(), path, INT64_MAX));
  TR_RETURN_IF_ERROR(Put(name, bytes));
  return PosixFileSystem().Remove(path);
}

Result<std::string> FakeObjectStore::Get(const std::string& name, int64_t bytes_max) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(name);
  if (found == objects_.end()) return Fail(Error::NotFound("no object " + name));
  if (static_cast<int64_t>(found->second.size()) > bytes_max) return Fail(Error::Exhausted(name + " is too large"));
  return found->second;
}

Result<std::vector<ObjectInfo>> FakeObjectStore::List(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> found;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end() && at->first.starts_with(prefix); ++at) {
    found.push_back({at->first, static_cast<int64_t>(at->second.size())});
  }
  return found;
}

Status FakeObjectStore::Delete(const std::string& name) {
  const std::lock_guard lock(mutex_);
  objects_.erase(name);
  return {};
}

}  // namespace tailrace
