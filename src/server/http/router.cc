#include "server/http/router.h"

#include <algorithm>

namespace tailrace::server {
namespace {

constexpr std::string_view kRequestsHelp = "Requests answered, by route and status.";
constexpr std::string_view kSecondsHelp = "From the last byte of the header to the answer.";

bool IsPlaceholder(std::string_view segment) { return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}'; }

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// Walks `path` along the segments of a pattern without splitting it into pieces of its own.
bool Matches(const std::vector<std::string>& segments, std::string_view path, Request& request) {
  size_t params = 0;
  for (const std::string& segment : segments) {
    if (path.empty() || path.front() != '/') return false;
    path.remove_prefix(1);
    const std::string_view text = path.substr(0, path.find('/'));
    if (IsPlaceholder(segment)) {
      if (text.empty() || params == Request::kPathParamsMax) return false;
      request.SetPathParam(params++, text);
    } else if (text != segment) {
      return false;
    }
    path.remove_prefix(text.size());
  }
  return path.empty();
}

// Nothing is routed to it.
RouteSpec UnmatchedSpec() {
  RouteSpec spec(Access::Whole(auth::Role::kAdmin));
  spec.method = "other";
  spec.pattern = "other";
  return spec;
}

}  // namespace

Route::Route(RouteSpec spec, Metrics& metrics)
    : spec_(std::move(spec)),
      metrics_(metrics),
      seconds_(metrics.AddHistogram("tailrace_http_request_seconds", kSecondsHelp, LatencyBounds(),
                                    {{"method", spec_.method}, {"route", spec_.pattern}})) {}

void Route::Answered(int status, double seconds) {
  seconds_.Observe(seconds);
  answers_.fetch_add(1, std::memory_order_relaxed);
  if (status < 0 || status >= kStatusMax) return;
  std::atomic<Counter*>& slot = by_status_[static_cast<size_t>(status)];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may come here at once: both get the same counter.
    counter = &metrics_.AddCounter("tailrace_http_requests_total", kRequestsHelp,
                                   {{"method", spec_.method}, {"route", spec_.pattern}, {"status", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Add();
}

Router::Router(Metrics& metrics) : metrics_(metrics), unmatched_(std::make_unique<Route>(UnmatchedSpec(), metrics)) {}

Status Router::Add(RouteSpec spec) {
  std::vector<std::string> segments = Segments(spec.pattern);
  bool has_placeholder = false;
  for (const std::string& segment : segments) has_placeholder |= IsPlaceholder(segment);
  Path& path = has_placeholder ? patterns_[spec.pattern] : fixed_[spec.pattern];
  path.segments = std::move(segments);
  for (const Route* route : path.routes) {
    if (route->spec().method == spec.method) {
      return Fail(Error::Conflict(spec.method + " " + spec.pattern + " is answered by another part of the server already"));
    }
  }
  routes_.push_back(std::make_unique<Route>(std::move(spec), metrics_));
  path.routes.push_back(routes_.back().get());
  return {};
}

const Router::Path* Router::FindPath(Request& request) const {
  if (const auto fixed = fixed_.find(request.path); fixed != fixed_.end()) return &fixed->second;
  for (const auto& [pattern, path] : patterns_) {
    if (Matches(path.segments, request.path, request)) return &path;
  }
  return nullptr;
}

Router::Match Router::Find(Request& request) const {
  const Path* path = FindPath(request);
  if (path == nullptr) return {};
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  Match match;
  for (Route* route : path->routes) {
    if (route->spec().method == method) return {route, {}};
    match.allow += route->spec().method + ", ";
    if (route->spec().method == "GET") match.allow += "HEAD, ";
  }
  match.allow += "OPTIONS";
  return match;
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> routes;
  for (const auto& route : routes_) routes.push_back(route.get());
  return routes;
}

}  // namespace tailrace::server
