// Which pages of other sites may use the server through the browsers of their readers (the Fetch standard, CORS).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/reply.h"
#include "server/http/request.h"

namespace tailrace::server {

// Threads: a value; thread-safe as const.
class Cors {
 public:
  // "*" among the origins stands for all of them. Without any nothing is allowed, and nothing said.
  Cors(std::vector<std::string> origins, std::chrono::seconds max_age) : origins_(std::move(origins)), max_age_(max_age) {}

  bool is_configured() const { return !origins_.empty(); }

  // What Access-Control-Allow-Origin says to this origin; empty: nothing, it is not allowed.
  std::string_view AnswerTo(std::string_view origin) const;

  // The reply to a browser that asks beforehand; nullopt: it is no such question, or not allowed. `methods` are those of the path.
  std::optional<Reply> Preflight(const Request& request, std::string_view methods) const;

 private:
  const std::vector<std::string> origins_;
  const std::chrono::seconds max_age_;
};

}  // namespace tailrace::server
