#include "server/admin/backup_route.h"

#include <string>
#include <utility>

#include "model/json_members.h"

namespace tailrace::server {
namespace {

Result<std::string> TargetOf(std::string_view body) {
  TR_TRY(const auto members, JsonMembers(body));
  std::string to;
  for (const auto& [name, value] : members) {
    if (name != "to") return Fail(Error::Invalid("there is no member \"" + name + "\"; there is to"));
    TR_TRY(to, JsonStringValue(value));
  }
  if (to.empty() || to.front() != '/') return Fail(Error::Invalid("\"to\" is the absolute path of a folder on the server's machine"));
  return to;
}

Reply BackupReply(Result<std::string> json) {
  if (!json) return ErrorReply(json.error());
  Reply reply;
  reply.body = std::move(*json);
  return reply;
}

void Start(const Services& services, const ExchangePtr& exchange) {
  auto to = TargetOf(exchange->request().body);
  if (!to) return exchange->Send(ErrorReply(to.error()));
  if (services.backups == nullptr) return exchange->Send(ErrorReply(501, "not_available", "this server makes no backups"));
  const Status started = services.backups->Start(*to, [exchange](Result<std::string> json) {
    exchange->loop().Post([exchange, reply = BackupReply(std::move(json))]() mutable { exchange->Send(std::move(reply)); });
  });
  if (!started) exchange->Send(ErrorReply(started.error()));
}

}  // namespace

RouteSpec BackupRoute(const Services& services) {
  RouteSpec route(Access::Whole(auth::Role::kAdmin));
  route.method = "POST";
  route.pattern = "/backup";
  route.summary = "Copy the data folder to a folder of the server's machine: {\"to\"}. Answered when the copy is whole.";
  route.takes_body = true;
  route.consumes = {"application/json"};
  route.handler = [&services](const ExchangePtr& exchange) { Start(services, exchange); };
  return route;
}

}  // namespace tailrace::server
