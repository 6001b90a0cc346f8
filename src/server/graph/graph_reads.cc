#include "server/graph/graph_reads.h"

#include <algorithm>
#include <utility>

#include "server/dashboards/dashboard_access.h"
#include "server/graph/part_counts.h"
#include "server/http/json_out.h"

namespace tailrace::server {

using auth::ThingKind;

GraphReads::GraphReads(const Services& services, const Limits& limits, const Router& router)
    : services_(services),
      router_(router),
      edges_(EdgesOf(services.pipeline)),
      parts_(PartsOf(services.pipeline)),
      requests_([this](const std::string& method, const std::string& pattern) { return Requests(method, pattern); }),
      pool_("graph", 1, limits, services.clock, services.metrics) {}

int64_t GraphReads::Requests(const std::string& method, const std::string& pattern) const {
  for (const Route* route : router_.routes()) {
    if (route->spec().method == method && route->spec().pattern == pattern) return static_cast<int64_t>(route->answered());
  }
  return 0;
}

void GraphReads::Graph(const ExchangePtr& exchange) {
  pool_.Run(exchange, [this, grant = exchange->request().caller->grant](const std::stop_token&) {
    Reply reply;
    GraphWriter(services_, edges_, requests_, grant, reply.body).Write();
    return reply;
  });
}

void GraphReads::Tick() {
  const auto now = services_.clock.Monotonic();
  if (sampled_ && now - *sampled_ < kHistoryEvery) return;
  sampled_ = now;
  pool_.TryPost([this](const std::stop_token&) { Sample(); });
}

void GraphReads::Sample() {
  std::map<std::string, PartSample> samples = PartCounts(services_).Samples();
  for (const config::ApiSpec& api : services_.pipeline.apis) samples[PartId("api", api.name)].total = Requests(api.method, api.route);
  history_.Add(services_.clock.Now(), samples);
}

// Of parts that there are not it says yes to those who see everything.
bool GraphReads::MaySee(const auth::Grant& grant, const std::string& kind, const std::string& name) const {
  if (!grant.limited()) return true;
  if (kind == "stream") return grant.Covers(ThingKind::kStream, name);
  if (kind == "table" || kind == "view") return grant.Covers(ThingKind::kTable, name);
  if (kind == "collection") return grant.Covers(ThingKind::kCollection, name);
  if (kind == "api") return grant.Covers(ThingKind::kApi, name);
  if (kind == "dashboard") {
    const auto& all = services_.pipeline.dashboards;
    return std::any_of(all.begin(), all.end(), [&](const auto& spec) { return spec.name == name && CoversDashboard(grant, services_.pipeline, spec); });
  }
  if (kind == "lake" && name.starts_with("raw/")) return grant.Covers(ThingKind::kStream, name.substr(std::string_view("raw/").size()));
  if (kind == "lake" && name.starts_with("tables/")) return grant.Covers(ThingKind::kTable, name.substr(std::string_view("tables/").size()));
  if (kind != "source") return false;
  for (const config::SourceSpec& source : services_.pipeline.sources) {
    if (source.name != name) continue;
    return std::all_of(source.into.begin(), source.into.end(), [&](const auto& target) { return grant.Covers(ThingKind::kStream, target.stream); });
  }
  return false;
}

void GraphReads::Part(const ExchangePtr& exchange) {
  const std::string kind = exchange->request().PathParam(0);
  const std::string name = exchange->request().PathParam(1);
  const bool is_there = parts_.contains(PartId(kind, name));
  if (!is_there || !MaySee(exchange->request().caller->grant, kind, name)) {
    return exchange->Send(ErrorReply(404, "not_found", "there is no " + kind + " " + name, "GET /graph names the parts of the pipeline"));
  }
  pool_.Run(exchange, [this, kind, name](const std::stop_token&) { return PartReply(kind, name); });
}

Reply GraphReads::PartReply(const std::string& kind, const std::string& name) const {
  Reply reply;
  JsonWriter json(reply.body);
  const std::string id = PartId(kind, name);
  json.BeginObject().Text("id", id).Text("kind", kind).Text("name", name);
  json.Key("history").BeginObject().Int("every_seconds", std::chrono::duration_cast<std::chrono::seconds>(kHistoryEvery).count());
  json.Key("columns").BeginArray();
  for (const char* column : {"time", "total", "refused", "in_flight", "lag_seconds"}) json.Text(column);
  json.EndArray().Key("rows").BeginArray();
  for (const PartSample& sample : history_.Of(id)) {
    json.BeginArray().Int(sample.at_ms).Int(sample.total).Int(sample.refused).Int(sample.in_flight).Number(sample.lag_seconds).EndArray();
  }
  json.EndArray().EndObject().EndObject();
  return reply;
}

}  // namespace tailrace::server
