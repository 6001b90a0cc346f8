#include "app/key_text.h"

#include <fmt/format.h>

#include <optional>

#include "model/times.h"

namespace tailrace::app {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;

void WriteTime(server::JsonWriter& json, std::string_view name, const std::optional<int64_t>& time_ms) {
  if (time_ms) {
    json.Text(name, TimeText(*time_ms));
  } else {
    json.Key(name).Null();
  }
}

}  // namespace

std::string TimeText(int64_t time_ms) {
  std::string text;
  AppendRfc3339(time_ms * kMicrosPerMilli, &text);
  return text;
}

std::string_view KeyState(const control::KeyRecord& record, int64_t now_ms) {
  if (record.damaged) return "damaged";
  if (record.revoked_ms) return "revoked";
  return record.IsValidAt(now_ms) ? "valid" : "expired";
}

void WriteKey(server::JsonWriter& json, const control::KeyRecord& record, int64_t now_ms) {
  json.Text("id", record.id).Text("name", record.name).Key("roles").BeginArray();
  for (const auth::Role role : record.grant.roles) json.Text(auth::RoleName(role));
  json.EndArray().Key("only");
  if (record.grant.things) {
    json.BeginArray();
    for (const auth::Thing& thing : *record.grant.things) json.Text(fmt::format("{}:{}", auth::ThingKindName(thing.kind), thing.name));
    json.EndArray();
  } else {
    json.Null();
  }
  json.Text("state", KeyState(record, now_ms)).Text("created", TimeText(record.created_ms));
  WriteTime(json, "expires", record.expires_ms);
  WriteTime(json, "revoked", record.revoked_ms);
  if (record.replaced_by.empty()) {
    json.Key("replaced_by").Null();
  } else {
    json.Text("replaced_by", record.replaced_by);
  }
}

std::string KeyJson(const control::KeyRecord& record, int64_t now_ms) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject();
  WriteKey(json, record, now_ms);
  json.EndObject();
  return text;
}

std::string IssuedKeyJson(const control::IssuedKey& issued) {
  const control::KeyRecord& record = issued.record;
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject();
  if (record.IsAws()) {
    json.Text("access_key_id", record.id).Text("secret_access_key", issued.text);
  } else {
    json.Text("key", issued.text);
  }
  WriteKey(json, record, record.created_ms);
  json.EndObject();
  return text;
}

}  // namespace tailrace::app
