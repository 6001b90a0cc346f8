#include "app/settings_view.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>

#include "app/check_json.h"
#include "app/data_sizes.h"
#include "app/key_folder.h"
#include "app/key_text.h"
#include "app/version.h"
#include "base/logging.h"
#include "config/check_text.h"
#include "config/shown_text.h"
#include "config/yaml.h"
#include "crypto/library_version.h"
#include "http_client/library_version.h"
#include "server/console/console_pack.h"
#include "server/http/json_out.h"
#include "sql/library_version.h"
#include "sqlite/library_version.h"

namespace tailrace::app {
namespace {

// Metrics that tell how much of a limit is used now.
struct Use {
  std::string_view setting;
  std::string_view series;
};
constexpr std::array kUses = {
    Use{"connections_max", "tailrace_http_connections"},
    Use{"bodies_max", "tailrace_http_body_bytes"},
    Use{"answers_max", "tailrace_http_answer_bytes"},
    Use{"queries_waiting_max", "tailrace_reads_waiting{pool=\"queries\"}"},
};
constexpr std::string_view kMemorySeries = "tailrace_memory_bytes";

// The value of a series in the text of metrics.
std::optional<int64_t> ValueIn(std::string_view metrics, std::string_view series) {
  const std::string start = fmt::format("\n{} ", series);
  const size_t at = metrics.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  double value = 0;
  const std::string_view rest = metrics.substr(at + start.size());
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::string_view ConsoleTag() {
  const auto pack = server::ConsolePack::Read(server::EmbeddedConsolePack());
  const server::ConsoleFile* page = pack ? pack->Find("index.html") : nullptr;
  return page == nullptr ? std::string_view() : page->tag;
}

void WriteVersions(server::JsonWriter& json) {
  json.Key("versions").BeginArray();
  const auto write = [&](std::string_view name, std::string_view version) { json.BeginObject().Text("name", name).Text("version", version).EndObject(); };
  write("tailrace", kVersion);
  write("console", ConsoleTag());
  write("DuckDB", sql::LibraryVersion());
  write("SQLite", sqlite::LibraryVersion());
  write("OpenSSL", crypto::LibraryVersion());
  write("libcurl", http_client::LibraryVersion());
  json.EndArray();
}

void WriteLimits(server::JsonWriter& json, const PartLimits& limits, const std::string& metrics) {
  std::map<std::string_view, int64_t> defaults;
  for (const LimitRow& row : AllLimits(LimitsOf({}, INT64_MAX / 2))) {
    if (!row.is_share) defaults[row.code] = row.value;
  }
  json.Key("limits").BeginArray();
  for (const LimitRow& row : ByArea(AllLimits(limits))) {
    json.BeginObject().Text("area", row.area).Text("limit", row.help).Text("setting", row.setting).Text("unit", UnitText(row.unit));
    json.Int("value", row.value).Text("text", config::LimitText(row.unit, row.value)).Text("beyond", row.beyond);
    const auto usual = defaults.find(row.code);
    json.Key("default");
    if (usual == defaults.end()) {
      json.Null();
    } else {
      json.Text(config::LimitText(row.unit, usual->second));
    }
    for (const Use& use : kUses) {
      if (row.setting != use.setting) continue;
      if (const auto used = ValueIn(metrics, use.series)) json.Int("used", *used);
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteSizes(server::JsonWriter& json, const DataSizes& sizes) {
  json.Key("sizes").BeginObject().Key("parts").BeginArray();
  for (const auto& [name, bytes] : sizes.parts) json.BeginObject().Text("name", name).Int("bytes", bytes).EndObject();
  json.EndArray().Key("streams").BeginArray();
  for (const StreamSize& stream : sizes.streams) {
    json.BeginObject().Text("name", stream.name).Int("log", stream.log_bytes).Int("dead_letters", stream.letter_bytes).EndObject();
  }
  json.EndArray().Int("disk_free", sizes.disk_free).Int("disk_size", sizes.disk_size).Bool("cut", sizes.cut).EndObject();
}

// Whether the file reads otherwise by now; false too when it cannot be read.
bool HasChanged(const std::string& path, std::string_view text) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  std::string now(config::YamlLimits{}.bytes_max + 1, '\0');
  file.read(now.data(), static_cast<std::streamsize>(now.size()));
  now.resize(static_cast<size_t>(file.gcount()));
  return now != text;
}

}  // namespace

Result<control::KeyStore*> SettingsView::Store() {
  if (store_ == nullptr) {
    TR_TRY(store_, control::KeyStore::Open(fmt::format("{}/{}", parts_.data, kControlFile), parts_.clock));
  }
  return store_.get();
}

Status SettingsView::CheckDoor() const {
  if (parts_.doorkeeper != nullptr) return {};
  return Fail(Error::Conflict("server.auth: none lets everyone in, so nobody may make or revoke keys here; `tailrace keys` does it"));
}

Result<std::string> SettingsView::Keys() {
  std::vector<control::KeyRecord> records;
  {
    const std::lock_guard lock(mutex_);
    TR_TRY(control::KeyStore* const store, Store());
    TR_TRY(records, store->List());
  }
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Text("door", parts_.doorkeeper == nullptr ? "none" : parts_.doorkeeper->IsOpen() ? "open" : "keys").Key("keys").BeginArray();
  const int64_t now_ms = parts_.clock.Now().millis();
  for (const control::KeyRecord& record : records) json.Raw(KeyJson(record, now_ms));
  json.EndArray().EndObject();
  return text;
}

Result<control::NewKeyRequest> SettingsView::RequestOf(const server::KeyOrder& order) const {
  GrantWords words;
  for (const std::string& role : order.roles) words.roles += (words.roles.empty() ? "" : ",") + role;
  for (const std::string& only : order.only.value_or(std::vector<std::string>())) {
    const size_t colon = only.find(':');
    const auto kind = auth::ParseThingKind(std::string_view(only).substr(0, colon));
    if (colon == std::string::npos || !kind) {
      return Fail(Error::Invalid(fmt::format("\"only\": expected KIND:NAME with stream, table, collection or api, found \"{}\"", only)));
    }
    std::vector<std::string>& names = *kind == auth::ThingKind::kStream       ? words.streams
                                      : *kind == auth::ThingKind::kTable      ? words.tables
                                      : *kind == auth::ThingKind::kCollection ? words.collections
                                                                              : words.apis;
    names.push_back(only.substr(colon + 1));
  }
  control::NewKeyRequest request;
  TR_TRY(request.grant, GrantOf(words, parts_.pipeline));
  request.name = order.name;
  request.aws = order.aws;
  if (!order.expires.empty()) {
    TR_TRY(const int64_t lifetime_ms, LifetimeOf("expires", order.expires));
    request.expires_ms = parts_.clock.Now().millis() + lifetime_ms;
  }
  return request;
}

Result<std::string> SettingsView::AddKey(const server::KeyOrder& order, std::string_view by) {
  TR_RETURN_IF_ERROR(CheckDoor());
  TR_TRY(const control::NewKeyRequest request, RequestOf(order));
  const std::lock_guard lock(mutex_);
  TR_TRY(control::KeyStore* const store, Store());
  TR_TRY(const control::IssuedKey issued, store->Add(request));
  LogInfo("key_added", {{"id", issued.record.id}, {"may", GrantText(issued.record.grant)}, {"by", std::string(by)}});
  return IssuedKeyJson(issued);
}

Status SettingsView::RevokeKey(std::string_view id, std::string_view by) {
  TR_RETURN_IF_ERROR(CheckDoor());
  const std::lock_guard lock(mutex_);
  TR_TRY(control::KeyStore* const store, Store());
  TR_RETURN_IF_ERROR(store->Revoke(id));
  LogInfo("key_revoked", {{"id", std::string(id)}, {"by", std::string(by)}});
  return {};
}

Result<std::string> SettingsView::Overview(const std::stop_token& stop) {
  TR_TRY(const DataSizes sizes, MeasureData(parts_.data, stop));
  const std::string metrics = "\n" + parts_.metrics.Text();
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject();
  server::WriteTime(json, "as_of", parts_.clock.Now().millis());
  WriteVersions(json);
  json.Key("memory").BeginObject().Int("max", parts_.limits.memory.total);
  if (const auto used = ValueIn(metrics, kMemorySeries)) json.Int("used", *used);
  json.EndObject();
  WriteLimits(json, parts_.limits, metrics);
  WriteSizes(json, sizes);
  json.EndObject();
  return text;
}

Result<std::string> SettingsView::File() {
  const config::ShownText shown = config::ShownTextOf(parts_.file_text);
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Text("path", parts_.pipeline.path).Text("text", shown.text).Int("hidden", shown.hidden);
  json.Bool("changed", HasChanged(parts_.pipeline.path, parts_.file_text)).EndObject();
  return text;
}

Result<std::string> SettingsView::Check(std::string_view text, const std::stop_token& stop) {
  const auto faults = config::CheckText(text, parts_.pipeline.path, stop);
  if (stop.stop_requested()) return Fail(Error::Cancelled("the check took too long"));
  bool sound = true;
  for (const config::Diagnostic& one : faults) sound = sound && one.severity != config::Severity::kError;
  std::string answer;
  server::JsonWriter json(answer);
  json.BeginObject().Bool("ok", sound).Raw("faults", DiagnosticsJson(faults, false)).EndObject();
  return answer;
}

}  // namespace tailrace::app
