#include "documents/document_cache.h"

#include <utility>

namespace tailrace::documents {

std::string DocumentCache::NameOf(int64_t table, std::string_view key) {
  std::string name = std::to_string(table);
  return name.append(1, '/').append(key);
}

void DocumentCache::Remove(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_name_.erase(entry->name);
  entries_.erase(entry);
}

std::optional<JsonObject> DocumentCache::Take(int64_t table, std::string_view key) {
  auto found = by_name_.find(NameOf(table, key));
  if (found == by_name_.end()) return std::nullopt;
  JsonObject document = std::move(found->second->document);
  Remove(found->second);
  return document;
}

void DocumentCache::Put(int64_t table, std::string_view key, JsonObject document) {
  constexpr size_t kEntryBytes = 160;
  std::string name = NameOf(table, key);
  if (auto old = by_name_.find(name); old != by_name_.end()) Remove(old->second);
  size_t bytes = name.size() + document.MemoryBytes() + kEntryBytes;
  if (bytes > bytes_max_) return;
  entries_.push_front({std::move(name), std::move(document), bytes});
  by_name_.emplace(entries_.front().name, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > bytes_max_) Remove(std::prev(entries_.end()));
}

void DocumentCache::Clear() {
  by_name_.clear();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace tailrace::documents
