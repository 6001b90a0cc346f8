// The keys of a pipeline, as commands see them: beside the running server, if there is one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "auth/grant.h"
#include "base/result.h"
#include "config/spec.h"
#include "control/key_store.h"

namespace tailrace::app {

inline constexpr std::string_view kControlFile = "control.sqlite";

// Makes the data folder when it is missing; its lock is not needed. Errors as KeyStore.
Result<std::unique_ptr<control::KeyStore>> OpenKeys(const config::Pipeline& pipeline);

// Milliseconds of what was given for `option`, such as 90d. kInvalid: no duration, none at all, or more than a hundred years.
Result<int64_t> LifetimeOf(std::string_view option, const std::string& text);

// What was typed of a grant.
struct GrantWords {
  std::string roles;  // "read", or several with commas
  std::vector<std::string> streams;
  std::vector<std::string> tables;  // tables and views
  std::vector<std::string> collections;
  std::vector<std::string> apis;
};

// Aliases become the names of their streams. kNotFound: the pipeline has no such part. kInvalid: a grant that cannot be.
Result<auth::Grant> GrantOf(const GrantWords& words, const config::Pipeline& pipeline);

// "read of stream sales, table revenue"; "read of everything".
std::string GrantText(const auth::Grant& grant);

}  // namespace tailrace::app
