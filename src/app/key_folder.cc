#include "app/key_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "config/nearest.h"
#include "config/quantity.h"
#include "config/stream_names.h"

namespace tailrace::app {
namespace {

constexpr int64_t kLifetimeMaxMs = int64_t{36'500} * 86'400'000;

template <typename Specs>
void AddNames(const Specs& specs, std::vector<std::string>* names) {
  for (const auto& spec : specs) names->push_back(spec.name);
}

std::vector<std::string> NamesOf(auth::ThingKind kind, const config::Pipeline& pipeline) {
  std::vector<std::string> names;
  switch (kind) {
    case auth::ThingKind::kStream: AddNames(pipeline.streams, &names); break;
    case auth::ThingKind::kTable:
      AddNames(pipeline.tables, &names);
      AddNames(pipeline.views, &names);
      break;
    case auth::ThingKind::kCollection: AddNames(pipeline.collections, &names); break;
    case auth::ThingKind::kApi: AddNames(pipeline.apis, &names); break;
  }
  return names;
}

Result<auth::Thing> ThingOf(auth::ThingKind kind, const std::string& word, const config::Pipeline& pipeline) {
  const std::string name = kind == auth::ThingKind::kStream ? config::WithoutAlias(pipeline, word) : word;
  const auto names = NamesOf(kind, pipeline);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return Fail(Error::NotFound(fmt::format("no {} {}{}", auth::ThingKindName(kind), word, config::Suggestion(word, names))));
  }
  return auth::Thing{kind, name};
}

Result<std::set<auth::Role>> RolesOf(std::string_view text) {
  std::set<auth::Role> roles;
  while (!text.empty()) {
    const size_t end = std::min(text.find(','), text.size());
    const auto role = auth::ParseRole(text.substr(0, end));
    if (!role) return Fail(Error::Invalid(fmt::format("no role {}; there are ingest, read and admin", text.substr(0, end))));
    roles.insert(*role);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return roles;
}

}  // namespace

Result<std::unique_ptr<control::KeyStore>> OpenKeys(const config::Pipeline& pipeline) {
  std::error_code failed;
  std::filesystem::create_directories(pipeline.server.data, failed);
  if (failed) return Fail(Error::Unavailable(fmt::format("cannot make {}: {}", pipeline.server.data, failed.message())));
  return control::KeyStore::Open(fmt::format("{}/{}", pipeline.server.data, kControlFile), SystemClock());
}

Result<int64_t> LifetimeOf(std::string_view option, const std::string& text) {
  const auto milliseconds = config::ParseDuration(text);
  if (!milliseconds || *milliseconds <= 0) return Fail(Error::Invalid(fmt::format("{}: expected a time such as 90d or 24h, found \"{}\"", option, text)));
  if (*milliseconds > kLifetimeMaxMs) return Fail(Error::Invalid(fmt::format("{}: {} is more than a hundred years", option, text)));
  return *milliseconds;
}

Result<auth::Grant> GrantOf(const GrantWords& words, const config::Pipeline& pipeline) {
  auth::Grant grant;
  TR_TRY(grant.roles, RolesOf(words.roles));
  std::set<auth::Thing> things;
  const auto add = [&](auth::ThingKind kind, const std::vector<std::string>& names) -> Status {
    for (const std::string& name : names) {
      TR_TRY(auth::Thing thing, ThingOf(kind, name, pipeline));
      things.insert(std::move(thing));
    }
    return {};
  };
  TR_RETURN_IF_ERROR(add(auth::ThingKind::kStream, words.streams));
  TR_RETURN_IF_ERROR(add(auth::ThingKind::kTable, words.tables));
  TR_RETURN_IF_ERROR(add(auth::ThingKind::kCollection, words.collections));
  TR_RETURN_IF_ERROR(add(auth::ThingKind::kApi, words.apis));
  if (!things.empty()) grant.things = std::move(things);
  TR_RETURN_IF_ERROR(auth::CheckGrant(grant));
  return grant;
}

std::string GrantText(const auth::Grant& grant) {
  std::string text;
  for (const auth::Role role : grant.roles) text += fmt::format("{}{}", text.empty() ? "" : ", ", auth::RoleName(role));
  if (!grant.things) return text + " of everything";
  const char* between = " of ";
  for (const auth::Thing& thing : *grant.things) {
    text += fmt::format("{}{} {}", between, auth::ThingKindName(thing.kind), thing.name);
    between = ", ";
  }
  return text;
}

}  // namespace tailrace::app
