#include "server/http/query_args.h"

#include <algorithm>
#include <charconv>

namespace tailrace::server {
namespace {

constexpr int64_t kMillisPerSecond = 1000;

}  // namespace

Result<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Fail(Error::Invalid("\"" + std::string(text) + "\" is not a whole number"));
  }
  return value;
}

Result<QueryArgs> QueryArgs::Parse(const Request& request) {
  QueryArgs args;
  TR_TRY(args.rest_, request.QueryParams());
  for (size_t i = 0; i < args.rest_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (args.rest_[i].first == args.rest_[j].first) return Fail(Error::Invalid("parameter \"" + args.rest_[i].first + "\" is there twice"));
    }
  }
  return args;
}

std::optional<std::string> QueryArgs::Take(std::string_view name) {
  asked_for_.emplace_back(name);
  const auto found = std::find_if(rest_.begin(), rest_.end(), [&](const auto& arg) { return arg.first == name; });
  if (found == rest_.end()) return std::nullopt;
  std::string value = std::move(found->second);
  rest_.erase(found);
  return value;
}

Result<std::optional<int64_t>> QueryArgs::TakeInt(std::string_view name, int64_t min, int64_t max) {
  const auto text = Take(name);
  if (!text) return std::nullopt;
  auto value = ParseInt(*text);
  if (!value) return Fail(std::move(value).error().With(name));
  if (*value < min || *value > max) {
    return Fail(Error::Invalid(std::string(name) + ": " + *text + " is not between " + std::to_string(min) + " and " + std::to_string(max)));
  }
  return *value;
}

Result<std::optional<std::chrono::milliseconds>> QueryArgs::TakeDuration(std::string_view name, std::chrono::milliseconds max) {
  const auto text = Take(name);
  if (!text) return std::nullopt;
  std::string_view number = *text;
  int64_t unit = kMillisPerSecond;
  if (number.ends_with("ms")) {
    number.remove_suffix(2);
    unit = 1;
  } else if (number.ends_with('s')) {
    number.remove_suffix(1);
  }
  const auto value = ParseInt(number);
  if (!value || *value < 0 || *value > max.count() / unit) {
    return Fail(Error::Invalid(std::string(name) + ": \"" + *text + "\" is not a time such as 2s or 500ms, up to " +
                               std::to_string(max.count() / kMillisPerSecond) + "s"));
  }
  return std::chrono::milliseconds(*value * unit);
}

Status QueryArgs::RefuseRest() const {
  if (rest_.empty()) return {};
  std::string message = "there is no parameter \"" + rest_.front().first + "\"";
  if (asked_for_.empty()) return Fail(Error::Invalid(message + "; there are none"));
  message += "; there are";
  for (size_t i = 0; i < asked_for_.size(); ++i) message += (i == 0 ? " " : ", ") + asked_for_[i];
  return Fail(Error::Invalid(message));
}

Reply InvalidParameterReply(const Error& error) { return ErrorReply(400, "invalid_parameter", error.message()); }

}  // namespace tailrace::server
