// Which handler answers which method and path; and the same table as the description of the interface.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "server/http/access.h"
#include "server/http/exchange.h"

namespace tailrace::server {

using Handler = std::function<void(ExchangePtr)>;

// For the description only.
struct RouteParam {
  std::string name;
  std::string where = "query";   // "query", "path", "header"
  std::string description;
  bool required = false;
  std::string type = "string";   // of JSON Schema
};

// A route cannot be made without saying who may call it.
struct RouteSpec {
  explicit RouteSpec(Access who) : access(std::move(who)) {}

  Access access;
  std::string method;
  std::string pattern;           // "/streams/{stream}/records"; a placeholder is one whole segment
  std::string summary;
  Handler handler;
  bool takes_body = false;       // the body is read and must have a length; else it must be empty
  bool appends = false;          // to a stream: refused early when others wait already
  std::vector<std::string> consumes;  // media types of the body
  std::vector<std::string> produces = {"application/json"};
  std::vector<RouteParam> params;
  // How the client reads an answer that is no success; null: as ours are.
  std::function<Reply(Reply)> dress = {};
};

// A route with its own metrics.
class Route {
 public:
  Route(RouteSpec spec, Metrics& metrics);
  const RouteSpec& spec() const { return spec_; }

  // Counts an answer. Threads: thread-safe.
  void Answered(int status, double seconds);
  // How many have been counted.
  uint64_t answered() const { return answers_.load(std::memory_order_relaxed); }

 private:
  static constexpr int kStatusMax = 600;
  const RouteSpec spec_;
  Metrics& metrics_;
  Histogram& seconds_;
  std::array<std::atomic<Counter*>, kStatusMax> by_status_{};
  std::atomic<uint64_t> answers_{0};
};

// Threads: built by one thread, then read by any.
class Router {
 public:
  explicit Router(Metrics& metrics);

  // kConflict: the method and pattern are taken.
  Status Add(RouteSpec spec);

  struct Match {
    Route* route = nullptr;
    std::string allow;             // when the path is known and the method is not: those that are
  };
  // Sets the path parameters of `request`. HEAD is answered by the route of GET.
  Match Find(Request& request) const;

  // In the order of Add.
  std::vector<const Route*> routes() const;
  // Counts answers to what no route takes.
  Route& unmatched() const { return *unmatched_; }

 private:
  struct Path {
    std::vector<std::string> segments;  // "{...}" stands for any
    std::vector<Route*> routes;         // by method
  };
  const Path* FindPath(Request& request) const;

  Metrics& metrics_;
  std::unique_ptr<Route> unmatched_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::map<std::string, Path, std::less<>> fixed_;  // without placeholders
  std::map<std::string, Path> patterns_;
};

}  // namespace tailrace::server
