// What a caller may do: roles, and the parts of the pipeline that they are limited to.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::auth {

// kAdmin may do what the others may.
enum class Role { kIngest, kRead, kAdmin };

std::string_view RoleName(Role role);
std::optional<Role> ParseRole(std::string_view name);

// What a role can be limited to. Tables stand for views as well: who reads does not see the difference.
enum class ThingKind { kStream, kTable, kCollection, kApi };

std::string_view ThingKindName(ThingKind kind);
std::optional<ThingKind> ParseThingKind(std::string_view name);

// A part of the pipeline, by its own name, never by an alias.
struct Thing {
  ThingKind kind = ThingKind::kStream;
  std::string name;
  auto operator<=>(const Thing&) const = default;
};

// Threads: a value; thread-safe as const.
struct Grant {
  std::set<Role> roles;
  // Nullopt: everything. An empty set is nothing at all, and never everything.
  std::optional<std::set<Thing>> things;

  bool operator==(const Grant&) const = default;
  bool Holds(Role role) const { return roles.contains(role) || roles.contains(Role::kAdmin); }
  bool limited() const { return things.has_value(); }
  bool Covers(const Thing& thing) const { return !things || things->contains(thing); }
  bool Covers(ThingKind kind, std::string_view name) const { return !things || things->contains(Thing{kind, std::string(name)}); }
};

// Everything, everywhere.
Grant FullGrant();

// kInvalid: no role, or an admin that is limited: who may rebuild and redrive cannot be kept from a part.
Status CheckGrant(const Grant& grant);

}  // namespace tailrace::auth
