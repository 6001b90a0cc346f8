#include "documents/json_object.h"

#include <algorithm>
#include <utility>

#include "model/json_text.h"

namespace tailrace::documents {

JsonObject::Member* JsonObject::Find(std::string_view name) {
  if (!index_.empty()) {
    auto found = index_.find(name);
    return found == index_.end() ? nullptr : &members_[found->second];
  }
  for (Member& member : members_) {
    if (!member.erased && member.name == name) return &member;
  }
  return nullptr;
}

JsonObject::Member& JsonObject::FindOrAdd(std::string_view name) {
  if (Member* member = Find(name)) return *member;
  members_.push_back({std::string(name), "null", nullptr, false});
  if (!index_.empty()) {
    index_.emplace(name, members_.size() - 1);
  } else if (members_.size() > kScannedMembersMax) {
    for (size_t i = 0; i < members_.size(); ++i) {
      if (!members_[i].erased) index_.emplace(members_[i].name, i);
    }
  }
  return members_.back();
}

void JsonObject::Set(std::string_view name, std::string json) {
  Member& member = FindOrAdd(name);
  member.json = std::move(json);
  member.object.reset();
}

void JsonObject::Erase(std::string_view name) {
  Member* member = Find(name);
  if (member == nullptr) return;
  index_.erase(member->name);
  *member = {};
  member->erased = true;
  ++erased_count_;
  if (erased_count_ * 2 > members_.size()) DropErased();
}

void JsonObject::DropErased() {
  std::erase_if(members_, [](const Member& member) { return member.erased; });
  erased_count_ = 0;
  index_.clear();
  if (members_.size() <= kScannedMembersMax) return;
  for (size_t i = 0; i < members_.size(); ++i) index_.emplace(members_[i].name, i);
}

void JsonObject::AppendText(std::string* out) const {
  out->push_back('{');
  bool first = true;
  for (const Member& member : members_) {
    if (member.erased) continue;
    if (!first) out->push_back(',');
    first = false;
    AppendJsonString(member.name, out);
    out->push_back(':');
    if (member.object != nullptr) {
      member.object->AppendText(out);
    } else {
      out->append(member.json);
    }
  }
  out->push_back('}');
}

size_t JsonObject::MemoryBytes() const {
  constexpr size_t kIndexEntryBytes = 80;
  size_t bytes = sizeof(JsonObject) + members_.capacity() * sizeof(Member) + index_.size() * kIndexEntryBytes;
  for (const Member& member : members_) {
    bytes += member.name.size() + member.json.size();
    if (member.object != nullptr) bytes += member.object->MemoryBytes();
  }
  return bytes;
}

}  // namespace tailrace::documents
