// A `poll` source as the pipeline file says it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schedule/catch_up.h"
#include "schedule/schedule.h"

namespace tailrace::config {

// How a poll shows who it is. Values are secret.
struct PollAuth {
  enum class Kind { kNone, kQuery, kHeader, kBearer, kBasic, kOauth2 };
  Kind kind = Kind::kNone;
  std::string name;       // of the query's parameter, or of the header; the user of kBasic; the client of kOauth2
  std::string value;      // with kOauth2 the client's secret
  std::string token_url;  // of kOauth2, as are those below
  std::string scope;
  std::string audience;
};

// How an answer leads to the next.
struct PollPages {
  enum class By { kNone, kPage, kOffset, kCursor, kLink };
  By by = By::kNone;
  std::string param;       // of the query; not with kLink
  int64_t first = 1;       // of kPage and kOffset
  int64_t size = 0;        // records of a full page, 0: not known. The step of kOffset
  std::string size_param;  // of the query; empty: not sent
  std::string cursor;      // JSON pointer into the answer
  int64_t pages_max = 1000;
};

// Texts with `{name}` and `{due...}` (schedule/template.h), unless said otherwise.
struct PollSourceSpec {
  std::optional<schedule::Schedule> schedule;  // none: jobs alone ask
  schedule::CatchUp catch_up;
  std::vector<std::map<std::string, std::string>> each;  // at least one, with no values where `each` is not written; JSON texts, not templates
  std::string method = "GET";
  std::string url;
  PollAuth auth;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> query;
  std::string body;
  bool body_is_json = false;                               // templates are in its strings
  std::string records;                                     // a pattern of JsonDocument::FindAll; empty: the answer is one record
  std::vector<std::pair<std::string, std::string>> keep;   // field of the record, JSON pointer into the answer
  std::vector<std::pair<std::string, std::string>> add;    // field of the record, JSON text with templates in its strings
  PollPages pages;
  std::chrono::milliseconds timeout{30'000};
  int64_t answer_bytes_max = int64_t{16} << 20;
  int tries_max = 4;
  bool allow_private = false;
};

}  // namespace tailrace::config
