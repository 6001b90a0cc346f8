#include "app/commands/keys_show.h"

#include <fmt/format.h>

#include "app/key_folder.h"
#include "base/clock.h"
#include "model/times.h"
#include "server/json_out.h"

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

std::string KeyJson(const control::KeyRecord& record, int64_t now_ms) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject();
  WriteKey(json, record, now_ms);
  json.EndObject();
  return text;
}

void ShowIssuedKey(const control::IssuedKey& issued, bool json, Console& console) {
  const control::KeyRecord& record = issued.record;
  if (json) {
    std::string text;
    server::JsonWriter writer(text);
    writer.BeginObject();
    if (record.IsAws()) {
      writer.Text("access_key_id", record.id).Text("secret_access_key", issued.text);
    } else {
      writer.Text("key", issued.text);
    }
    WriteKey(writer, record, record.created_ms);
    writer.EndObject();
    return console.OutLine(text);
  }
  if (record.IsAws()) console.OutLine(fmt::format("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}", record.id, issued.text));
  if (!record.IsAws()) console.OutLine(issued.text);
  console.ErrLine(fmt::format("key {}: {}{}", record.id, GrantText(record.grant),
                              record.expires_ms ? fmt::format(", until {}", TimeText(*record.expires_ms)) : ""));
  console.ErrLine(record.IsAws() ? "The secret is not shown again; it is kept sealed with aws.key of the data folder. A running server knows it within a second."
                                 : "It is not shown again; what is kept of it is a hash. A running server knows it within a second.");
}

}  // namespace tailrace::app
