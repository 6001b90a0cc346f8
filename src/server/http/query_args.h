// The parameters of a request's query, taken one by one; what nobody asked for is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/http/reply.h"
#include "server/http/request.h"

namespace tailrace::server {

// Errors are kInvalid and name the parameter.
class QueryArgs {
 public:
  // A parameter that is given twice is refused: which one counts would be a guess.
  static Result<QueryArgs> Parse(const Request& request);

  std::optional<std::string> Take(std::string_view name);
  // Nullopt when it is not there.
  Result<std::optional<int64_t>> TakeInt(std::string_view name, int64_t min, int64_t max);
  // "2s", "500ms", or a number of seconds.
  Result<std::optional<std::chrono::milliseconds>> TakeDuration(std::string_view name, std::chrono::milliseconds max);

  // What is left, in order.
  const std::vector<std::pair<std::string, std::string>>& rest() const { return rest_; }
  Status RefuseRest() const;

 private:
  std::vector<std::pair<std::string, std::string>> rest_;
  std::vector<std::string> asked_for_;
};

Reply InvalidParameterReply(const Error& error);

Result<int64_t> ParseInt(std::string_view text);

}  // namespace tailrace::server
