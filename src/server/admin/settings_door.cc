#include "server/admin/settings_door.h"

#include <optional>
#include <string>
#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr int kCreated = 201;
constexpr int kTooLarge = 413;

Limits ForChecks(Limits limits) {
  limits.query_timeout = kCheckTimeout;
  limits.reads_waiting_max = kChecksWaitingMax;
  return limits;
}

Result<std::vector<std::string>> TextsOf(std::string_view name, std::string_view value) {
  auto parts = SplitJsonArray(value, kKeyNamesMax + 1);
  if (!parts) return Fail(Error::Invalid("\"" + std::string(name) + "\" is a list of texts"));
  if (parts->size() > kKeyNamesMax) return Fail(Error::Invalid("\"" + std::string(name) + "\" has more than " + std::to_string(kKeyNamesMax) + " entries"));
  std::vector<std::string> texts;
  for (const JsonPart& part : *parts) {
    auto text = JsonStringValue(part.text);
    if (!text) return Fail(Error::Invalid("\"" + std::string(name) + "\" is a list of texts"));
    texts.push_back(std::move(*text));
  }
  return texts;
}

Result<KeyOrder> OrderOf(std::string_view body) {
  TR_TRY(const auto members, JsonMembers(body, kKeyNamesMax));
  KeyOrder order;
  for (const auto& [name, value] : members) {
    if (name == "name") {
      TR_TRY(order.name, JsonStringValue(value));
    } else if (name == "roles") {
      TR_TRY(order.roles, TextsOf(name, value));
    } else if (name == "only") {
      if (value == "null") continue;
      TR_TRY(order.only, TextsOf(name, value));
      // Nothing at all must never become everything.
      if (order.only->empty()) return Fail(Error::Invalid("\"only\" is empty: leave it out for everything"));
    } else if (name == "expires") {
      if (value == "null") continue;
      TR_TRY(order.expires, JsonStringValue(value));
    } else if (name == "aws") {
      if (value != "true" && value != "false") return Fail(Error::Invalid("\"aws\" is true or false"));
      order.aws = value == "true";
    } else {
      return Fail(Error::Invalid("there is no member \"" + name + "\"; there are name, roles, only, expires and aws"));
    }
  }
  if (order.roles.empty()) return Fail(Error::Invalid("\"roles\" is missing: one or more of ingest, read, admin"));
  return order;
}

RouteSpec SettingsRoute(Access access, std::string method, std::string pattern, std::string summary, Handler handler) {
  RouteSpec spec(std::move(access));
  spec.method = std::move(method);
  spec.pattern = std::move(pattern);
  spec.summary = std::move(summary);
  spec.handler = std::move(handler);
  return spec;
}

}  // namespace

SettingsDoor::SettingsDoor(Settings* settings, const Limits& limits, Clock& clock, Metrics& metrics)
    : settings_(settings), check_limits_(ForChecks(limits)), pool_("settings", 1, limits, clock, metrics), checks_("checks", 1, check_limits_, clock, metrics) {}

void SettingsDoor::Start() {
  pool_.Start();
  checks_.Start();
}

void SettingsDoor::Stop() {
  pool_.Stop();
  checks_.Stop();
}

void SettingsDoor::Run(ReadPool& pool, const ExchangePtr& exchange, std::function<Result<std::string>(Settings&, const std::stop_token&)> work, int status) {
  if (settings_ == nullptr) return exchange->Send(ErrorReply(501, "not_available", "this server has no settings to show"));
  pool.Run(exchange, [this, status, work = std::move(work)](const std::stop_token& stop) {
    auto json = work(*settings_, stop);
    if (!json) return ErrorReply(json.error());
    Reply reply;
    reply.status = status;
    reply.body = std::move(*json);
    reply.headers.emplace_back("Cache-Control", "no-store");  // it may hold a key
    return reply;
  });
}

void SettingsDoor::AddKey(const ExchangePtr& exchange) {
  auto order = OrderOf(exchange->request().body);
  if (!order) return exchange->Send(ErrorReply(order.error()));
  Run(pool_, exchange, [order = std::move(*order), by = exchange->request().caller->name](Settings& settings, const std::stop_token&) {
    return settings.AddKey(order, by);
  }, kCreated);
}

void SettingsDoor::RevokeKey(const ExchangePtr& exchange) {
  Run(pool_, exchange, [id = exchange->request().PathParam(0), by = exchange->request().caller->name](Settings& settings, const std::stop_token&) -> Result<std::string> {
    TR_RETURN_IF_ERROR(settings.RevokeKey(id, by));
    std::string json;
    JsonWriter(json).BeginObject().Text("revoked", id).EndObject();
    return json;
  });
}

void SettingsDoor::Check(const ExchangePtr& exchange) {
  const std::string_view body = exchange->request().body;
  if (body.size() > kCheckedBytesMax) {
    return exchange->Send(ErrorReply(kTooLarge, "body_too_large", "a file that is checked here has at most " + std::to_string(kCheckedBytesMax) + " bytes",
                                     "`tailrace check` takes larger ones"));
  }
  Run(checks_, exchange, [text = std::string(body)](Settings& settings, const std::stop_token& stop) { return settings.Check(text, stop); });
}

std::vector<RouteSpec> SettingsDoor::Routes() {
  using auth::Role;
  std::vector<RouteSpec> routes;
  routes.push_back(SettingsRoute(Access::Whole(Role::kRead), "GET", "/settings", "Versions, limits and what is used of them, sizes on disk.",
                                 [this](const ExchangePtr& exchange) {
                                   Run(pool_, exchange, [](Settings& settings, const std::stop_token& stop) { return settings.Overview(stop); });
                                 }));
  routes.push_back(SettingsRoute(Access::Whole(Role::kAdmin), "GET", "/keys", "The keys, those too that are not valid any more; no secret of theirs.",
                                 [this](const ExchangePtr& exchange) {
                                   Run(pool_, exchange, [](Settings& settings, const std::stop_token&) { return settings.Keys(); });
                                 }));
  routes.push_back(SettingsRoute(Access::Whole(Role::kAdmin), "POST", "/keys",
                                 "Make a key: {\"roles\", \"name\"?, \"only\"?: [\"KIND:NAME\"], \"expires\"?: \"90d\", \"aws\"?}. Its text is in this answer alone.",
                                 [this](const ExchangePtr& exchange) { AddKey(exchange); }));
  routes.back().takes_body = true;
  routes.back().consumes = {"application/json"};
  RouteSpec revoke = SettingsRoute(Access::Whole(Role::kAdmin), "DELETE", "/keys/{id}", "Revoke a key: within a second it opens nothing.",
                                   [this](const ExchangePtr& exchange) { RevokeKey(exchange); });
  revoke.params = {{"id", "path", "Of the key, as GET /keys has it.", true, "string"}};
  routes.push_back(std::move(revoke));
  routes.push_back(SettingsRoute(Access::Whole(Role::kAdmin), "GET", "/pipeline", "The pipeline file as this server read it; secrets that are written in it are hidden.",
                                 [this](const ExchangePtr& exchange) {
                                   Run(pool_, exchange, [](Settings& settings, const std::stop_token&) { return settings.File(); });
                                 }));
  RouteSpec check = SettingsRoute(Access::Whole(Role::kAdmin), "POST", "/pipeline/check",
                                  "What `check` says of a pipeline file, with line and column; ${...} is not looked up. Nothing is kept of it.",
                                  [this](const ExchangePtr& exchange) { Check(exchange); });
  check.takes_body = true;
  check.consumes = {"application/yaml", "text/plain"};
  routes.push_back(std::move(check));
  return routes;
}

}  // namespace tailrace::server
