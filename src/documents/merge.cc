#include "documents/merge.h"

#include <utility>

#include "base/check.h"

namespace tailrace::documents {
namespace {

Result<JsonObject*> TakeApart(JsonObject::Member& member, JsonReader& reader) {
  if (member.object == nullptr) {
    TR_TRY(JsonObject object, reader.ReadObject(member.json));
    member.object = std::make_unique<JsonObject>(std::move(object));
    member.json.clear();
  }
  return member.object.get();
}

void MergeAttributes(JsonObject change, JsonObject* document) {
  for (const JsonObject::Member& member : change.members()) document->Set(member.name, member.json);
}

Status MergeDeep(const JsonObject& change, JsonReader& reader, JsonObject* document) {
  for (const JsonObject::Member& member : change.members()) {
    JsonObject::Member& target = document->FindOrAdd(member.name);
    if (!member.IsObject() || !target.IsObject()) {
      target.json = member.json;
      target.object.reset();
      continue;
    }
    TR_TRY(JsonObject inner, reader.ReadObject(member.json));
    TR_TRY(JsonObject * into, TakeApart(target, reader));
    TR_RETURN_IF_ERROR(MergeDeep(inner, reader, into));
  }
  return {};
}

Status MergePatch(const JsonObject& change, JsonReader& reader, JsonObject* document) {
  for (const JsonObject::Member& member : change.members()) {
    if (member.json == "null") {
      document->Erase(member.name);
      continue;
    }
    JsonObject::Member& target = document->FindOrAdd(member.name);
    if (!member.IsObject()) {
      target.json = member.json;
      target.object.reset();
      continue;
    }
    // A patch onto what is not an object is a patch onto an empty one: its nulls must not stay.
    if (!target.IsObject()) target.object = std::make_unique<JsonObject>();
    TR_TRY(JsonObject inner, reader.ReadObject(member.json));
    TR_TRY(JsonObject * into, TakeApart(target, reader));
    TR_RETURN_IF_ERROR(MergePatch(inner, reader, into));
  }
  return {};
}

}  // namespace

Status MergeChange(MergeMode mode, std::string_view change, JsonReader& reader, JsonObject* document) {
  TR_CHECK(mode != MergeMode::kReplace);
  TR_TRY(JsonObject parsed, reader.ReadObject(change));
  if (mode == MergeMode::kAttributes) {
    MergeAttributes(std::move(parsed), document);
    return {};
  }
  return mode == MergeMode::kDeep ? MergeDeep(parsed, reader, document) : MergePatch(parsed, reader, document);
}

}  // namespace tailrace::documents
