#include "auth/grant.h"

#include <array>
#include <utility>

namespace tailrace::auth {
namespace {

constexpr std::array kRoles = {std::pair{Role::kIngest, std::string_view("ingest")}, std::pair{Role::kRead, std::string_view("read")},
                               std::pair{Role::kAdmin, std::string_view("admin")}};
constexpr std::array kKinds = {
    std::pair{ThingKind::kStream, std::string_view("stream")}, std::pair{ThingKind::kTable, std::string_view("table")},
    std::pair{ThingKind::kCollection, std::string_view("collection")}, std::pair{ThingKind::kApi, std::string_view("api")}};

}  // namespace

std::string_view RoleName(Role role) {
  for (const auto& [value, name] : kRoles) {
    if (value == role) return name;
  }
  return "";
}

std::optional<Role> ParseRole(std::string_view name) {
  for (const auto& [value, text] : kRoles) {
    if (text == name) return value;
  }
  return std::nullopt;
}

std::string_view ThingKindName(ThingKind kind) {
  for (const auto& [value, name] : kKinds) {
    if (value == kind) return name;
  }
  return "";
}

std::optional<ThingKind> ParseThingKind(std::string_view name) {
  for (const auto& [value, text] : kKinds) {
    if (text == name) return value;
  }
  return std::nullopt;
}

Grant FullGrant() { return {{Role::kAdmin}, std::nullopt}; }

Status CheckGrant(const Grant& grant) {
  if (grant.roles.empty()) return Fail(Error::Invalid("there is no role; there are ingest, read and admin"));
  if (grant.limited() && grant.roles.contains(Role::kAdmin)) {
    return Fail(Error::Invalid("an admin cannot be limited to parts of the pipeline; give ingest or read for those"));
  }
  if (grant.limited() && grant.things->empty()) return Fail(Error::Invalid("a grant that is limited to nothing lets nothing through"));
  return {};
}

}  // namespace tailrace::auth
