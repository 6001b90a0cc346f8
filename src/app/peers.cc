#include "app/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>
#include <variant>

#include "app/embedded_sources.h"
#include "app/mail_host.h"
#include "app/version.h"
#include "databases/database.h"
#include "http_client/curl_http.h"
#include "ports/outbound_http.h"

namespace tailrace::app {
namespace {

// Threads at a time; a file with more peers than this waits for the first ones.
constexpr size_t kReachedAtOnceMax = 32;

std::shared_ptr<OutboundHttp> NewProbe() {
  http_client::CurlHttpOptions options;
  options.user_agent = fmt::format("tailrace/{} (doctor)", kVersion);
  if (const char* file = std::getenv("SSL_CERT_FILE")) options.ca_file = file;
  return http_client::NewCurlHttp(std::move(options));
}

// https://host:port/ of an address.
std::string RootOf(const std::string& url) {
  const std::string shown = ShownAddress(url);
  const size_t scheme = shown.find("://");
  return scheme == std::string::npos ? "" : shown.substr(0, shown.find('/', scheme + 3)) + "/";
}

// An answer of any status says that somebody is there, and with https that he is who he should be.
Status Ask(OutboundHttp& http, const std::string& root, bool allow_private) {
  OutboundRequest request;
  request.method = "HEAD";
  request.url = root;
  request.allow_private = allow_private;
  request.redirects_max = 0;
  request.tries_max = 1;
  request.timeout = kReachTimeout;
  request.connect_timeout = kReachTimeout;
  if (const auto answer = http.Send(request, {}); !answer) return Fail(answer.error());
  return {};
}

Peer HttpPeer(const std::string& what, const std::string& url, bool allow_private, const std::shared_ptr<OutboundHttp>& http) {
  const std::string root = RootOf(url);
  return {what, root, [http, root, allow_private] { return Ask(*http, root, allow_private); }};
}

// A host that is filled in for each request is nobody's yet.
bool NamesItsHost(const std::string& url) {
  const std::string root = RootOf(url);
  return !root.empty() && root.find('{') == std::string::npos;
}

void AddPoll(const config::SourceSpec& source, const config::PollSourceSpec& poll, const std::shared_ptr<OutboundHttp>& http,
             std::vector<Peer>* peers) {
  if (NamesItsHost(poll.url)) peers->push_back(HttpPeer("source " + source.name, poll.url, poll.allow_private, http));
  if (poll.auth.kind == config::PollAuth::Kind::kOauth2 && NamesItsHost(poll.auth.token_url)) {
    peers->push_back(HttpPeer("tokens of source " + source.name, poll.auth.token_url, poll.allow_private, http));
  }
}

Peer DatabasePeer(const config::SourceSpec& source, const config::DatabaseSourceSpec& database) {
  const DatabaseAddress address = DatabaseAddressOf(database);
  return {"source " + source.name, address.Shown(), [address]() -> Status {
            TR_TRY(const auto connection, ConnectDatabase(address));
            return {};
          }};
}

void AddNotifier(const config::NotifierSpec& notifier, const std::shared_ptr<OutboundHttp>& http, std::vector<Peer>* peers) {
  const std::string what = "notify " + notifier.name;
  if (const auto* mail = std::get_if<config::EmailSpec>(&notifier.kind)) {
    peers->push_back({what, fmt::format("{}:{}", mail->host, mail->port), [mail = *mail] {
                        return ReachMailHost(mail.host, mail.port, mail.tls, kReachTimeout);
                      }});
  }
  if (const auto* hook = std::get_if<config::WebhookSpec>(&notifier.kind)) peers->push_back(HttpPeer(what, hook->url, hook->allow_private, http));
}

void AddJob(const config::JobSpec& job, const std::shared_ptr<OutboundHttp>& http, std::vector<Peer>* peers) {
  for (const config::JobStep& step : job.steps) {
    const auto* request = std::get_if<config::HttpStep>(&step.kind);
    if (request == nullptr || !NamesItsHost(request->url)) continue;
    peers->push_back(HttpPeer(fmt::format("job {}, {}", job.name, step.name), request->url, request->allow_private, http));
  }
}

}  // namespace

std::vector<Peer> PeersOf(const config::Pipeline& pipeline) {
  const std::shared_ptr<OutboundHttp> http = NewProbe();
  std::vector<Peer> peers;
  for (const config::SourceSpec& source : pipeline.sources) {
    if (const auto* poll = std::get_if<config::PollSourceSpec>(&source.kind)) AddPoll(source, *poll, http, &peers);
    if (const auto* database = std::get_if<config::DatabaseSourceSpec>(&source.kind)) peers.push_back(DatabasePeer(source, *database));
  }
  for (const config::JobSpec& job : pipeline.jobs) AddJob(job, http, &peers);
  for (const config::NotifierSpec& notifier : pipeline.notifiers) AddNotifier(notifier, http, &peers);
  if (const auto& jwt = pipeline.server.jwt; jwt && jwt->jwks.find("://") != std::string::npos) {
    peers.push_back(HttpPeer("keys of tokens", jwt->jwks, true, http));
  }
  return peers;
}

std::vector<Reached> ReachAll(const std::vector<Peer>& peers) {
  std::vector<Reached> reached;
  reached.reserve(peers.size());
  for (const Peer& peer : peers) reached.push_back({peer.what, peer.shown, {}});
  for (size_t begin = 0; begin < peers.size(); begin += kReachedAtOnceMax) {
    const size_t end = std::min(begin + kReachedAtOnceMax, peers.size());
    std::vector<std::jthread> threads;
    for (size_t i = begin; i < end; ++i) threads.emplace_back([&reached, &peers, i] { reached[i].outcome = peers[i].reach(); });
  }
  return reached;
}

}  // namespace tailrace::app
