// The documents written last, taken apart, so that a document that changes often is not read and parsed each time.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "documents/json_object.h"

namespace tailrace::documents {

// Least recently put goes first when it gets larger than its bound. Threads: one at a time.
class DocumentCache {
 public:
  explicit DocumentCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes the document out; put it back once it is as it is stored.
  std::optional<JsonObject> Take(int64_t table, std::string_view key);
  void Put(int64_t table, std::string_view key, JsonObject document);
  void Clear();

  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string name;
    JsonObject document;
    size_t bytes = 0;
  };

  static std::string NameOf(int64_t table, std::string_view key);
  void Remove(std::list<Entry>::iterator entry);

  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::list<Entry> entries_;                                                  // newest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_;  // views into entries_
};

}  // namespace tailrace::documents
