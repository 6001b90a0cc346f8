// A JSON object as an ordered list of members whose values are JSON text: numbers keep their digits, and what no change
// touches is never taken apart.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tailrace::documents {

// A value: JSON text, or an object taken apart because a change reached into it.
// Threads: as any value.
class JsonObject {
 public:
  struct Member {
    std::string name;  // unescaped
    std::string json;  // without blanks between tokens; unused while `object` is set
    std::unique_ptr<JsonObject> object;
    bool erased = false;

    bool IsObject() const { return object != nullptr || json.starts_with('{'); }
  };

  JsonObject() = default;
  JsonObject(JsonObject&&) noexcept = default;
  JsonObject& operator=(JsonObject&&) noexcept = default;

  // The member of this name, or nullptr. Valid until the next change of this object.
  Member* Find(std::string_view name);
  // The member of this name, added at the end as `null` when there is none.
  Member& FindOrAdd(std::string_view name);
  // Sets the value; a name that is there keeps its place.
  void Set(std::string_view name, std::string json);
  void Erase(std::string_view name);

  // In order; skip those with `erased`.
  const std::vector<Member>& members() const { return members_; }

  void AppendText(std::string* out) const;
  // About what it takes in memory, in bytes.
  size_t MemoryBytes() const;

 private:
  // Below this many members a scan is faster than a hash table, and smaller.
  static constexpr size_t kScannedMembersMax = 8;

  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  using Index = std::unordered_map<std::string, size_t, NameHash, std::equal_to<>>;

  void DropErased();

  std::vector<Member> members_;
  Index index_;  // of members_, when there are more than kScannedMembersMax
  size_t erased_count_ = 0;
};

}  // namespace tailrace::documents
