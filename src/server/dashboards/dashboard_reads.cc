#include "server/dashboards/dashboard_reads.h"

#include <algorithm>
#include <utility>

#include "auth/sigv4.h"
#include "server/dashboards/dashboard_access.h"
#include "server/dashboards/dashboard_json.h"
#include "server/http/named_things.h"

namespace tailrace::server {
namespace {

// Texts come with their lengths, so that no two lists of them look the same.
std::string KeyOf(const std::string& part, const QueryAsk& ask) {
  std::string key = part + '?' + std::to_string(static_cast<int>(ask.format));
  for (const QueryParameter& parameter : ask.request.parameters) {
    key += '&' + parameter.name + '=';
    if (!parameter.null) key += std::to_string(parameter.value.size()) + ':' + parameter.value;
  }
  return key;
}

// The tags of If-None-Match, as they were sent.
std::string TagsOf(const Request& request) {
  std::string tags;
  for (const auto& [field, value] : auth::HeadersOf(request.head)) {
    if (field == "if-none-match") tags += value;
  }
  return tags;
}

Reply ReplyOf(const TileAnswer& answer, const std::string& known_tags) {
  if (answer.tag.empty()) return answer.reply;
  Reply reply;
  if (known_tags.find(answer.tag) != std::string::npos) {
    reply.status = 304;
    reply.content_type = answer.reply.content_type;
  } else {
    reply = answer.reply;
  }
  // Whoever has it asks each time whether it is still so.
  reply.headers.emplace_back("Cache-Control", "private, no-cache");
  reply.headers.emplace_back("ETag", answer.tag);
  reply.headers.emplace_back("Vary", "Accept, Authorization, X-API-Key");
  return reply;
}

Reply NotForThisKeyReply() {
  return ErrorReply(403, "forbidden", "the dashboard reads what the key is not for", "GET /dashboards shows those that it is for");
}

}  // namespace

DashboardReads::DashboardReads(Reader& reader, ReadPool& pool, Executor& loop)
    : reader_(reader),
      pool_(pool),
      rollups_(reader.services().rollups, reader.limits().tile_groups_max, reader.services().clock, reader.services().metrics),
      cache_(reader.limits().tile_cache_bytes_max, [&pool](auto work) { return pool.TryPost(std::move(work)); }, reader.services().clock,
             reader.services().metrics),
      events_(reader.services(), reader.limits(), loop) {}

Result<std::unique_ptr<DashboardReads>> DashboardReads::Create(Reader& reader, ReadPool& pool, Executor& loop) {
  std::unique_ptr<DashboardReads> reads(new DashboardReads(reader, pool, loop));
  for (const config::DashboardSpec& spec : reader.services().pipeline.dashboards) {
    auto dashboard = reads->Prepare(spec);
    if (!dashboard) return Fail(std::move(dashboard).error().With("dashboard " + spec.name));
    reads->dashboards_.push_back(std::move(*dashboard));
  }
  reads->PrepareWarmer(loop);
  return reads;
}

void DashboardReads::PrepareWarmer(Executor& loop) {
  std::vector<TileWarmer::Dashboard> all;
  for (const Dashboard& dashboard : dashboards_) {
    TileWarmer::Dashboard& one = all.emplace_back();
    one.tiles = dashboard.watched.size();
    for (const WatchedTile& tile : dashboard.watched) one.made_from.insert(one.made_from.end(), tile.made_from.begin(), tile.made_from.end());
  }
  warmer_ = std::make_unique<TileWarmer>(
      all,
      [this](size_t number, size_t tile, std::function<void()> done) {
        Warm(dashboards_[number], tile, std::move(done));
      },
      reader_.services().clock, loop);
}

void DashboardReads::Tick() {
  events_.Tick();
  warmer_->Tick(reader_.services().progress);
}

Result<DashboardReads::Dashboard> DashboardReads::Prepare(const config::DashboardSpec& spec) const {
  Dashboard dashboard;
  dashboard.spec = &spec;
  for (const config::ParamSpec& param : spec.params) {
    TR_TRY(ApiParam compiled, ApiParam::Compile(param));
    dashboard.params.push_back(std::move(compiled));
  }
  const config::Pipeline& pipeline = reader_.services().pipeline;
  const size_t rows_max = reader_.limits().tile_rows_max;
  for (const config::TileSpec& tile : spec.tiles) {
    if (tile.chart == config::Chart::kText) continue;
    TileQuery query = MakeTileQuery(pipeline, tile.sql.text, tile.order_by, rows_max);
    dashboard.watched.push_back({tile.name, query.made_from, query.changes_by_itself});
    dashboard.tiles[tile.name] = {spec.name + "/tiles/" + tile.name, tile.title, std::move(query), tile.params};
  }
  for (const config::ChoicesSpec& choices : spec.choices) {
    dashboard.choices[choices.param] = {spec.name + "/choices/" + choices.param, choices.param, MakeTileQuery(pipeline, choices.sql.text, "", rows_max), choices.params};
  }
  return dashboard;
}

const DashboardReads::Dashboard* DashboardReads::Find(const ExchangePtr& exchange) const {
  const std::string name = exchange->request().PathParam(0);
  const auth::Grant& grant = exchange->request().caller->grant;
  const auto found = std::find_if(dashboards_.begin(), dashboards_.end(), [&](const Dashboard& d) { return d.spec->name == name; });
  if (found != dashboards_.end() && CoversDashboard(grant, reader_.services().pipeline, *found->spec)) return &*found;
  if (grant.limited()) {
    exchange->Send(NotForThisKeyReply());  // the same of what is not there
    return nullptr;
  }
  std::vector<std::string_view> names;
  for (const Dashboard& dashboard : dashboards_) names.emplace_back(dashboard.spec->name);
  exchange->Send(NoSuchReply("dashboard", name, names));
  return nullptr;
}

void DashboardReads::List(const ExchangePtr& exchange) {
  const auth::Grant& grant = exchange->request().caller->grant;
  std::vector<const config::DashboardSpec*> shown;
  for (const Dashboard& dashboard : dashboards_) {
    if (CoversDashboard(grant, reader_.services().pipeline, *dashboard.spec)) shown.push_back(dashboard.spec);
  }
  Reply reply;
  reply.body = DashboardsJson(shown);
  exchange->Send(std::move(reply));
}

void DashboardReads::Show(const ExchangePtr& exchange) {
  const Dashboard* dashboard = Find(exchange);
  if (dashboard == nullptr) return;
  Reply reply;
  reply.body = DashboardJson(*dashboard->spec, reader_.services().pipeline.path, !exchange->request().caller->grant.limited());
  exchange->Send(std::move(reply));
}

void DashboardReads::Tile(const ExchangePtr& exchange) {
  const Dashboard* dashboard = Find(exchange);
  if (dashboard == nullptr) return;
  const std::string name = exchange->request().PathParam(1);
  const auto tile = dashboard->tiles.find(name);
  if (tile != dashboard->tiles.end()) return Answer(*dashboard, tile->second, QueryShape::kTile, exchange);
  std::vector<std::string_view> names;
  for (const auto& [known, part] : dashboard->tiles) names.emplace_back(known);
  exchange->Send(NoSuchReply("tile with rows", name, names));
}

void DashboardReads::Choices(const ExchangePtr& exchange) {
  const Dashboard* dashboard = Find(exchange);
  if (dashboard == nullptr) return;
  const std::string name = exchange->request().PathParam(1);
  const auto choices = dashboard->choices.find(name);
  if (choices != dashboard->choices.end()) return Answer(*dashboard, choices->second, QueryShape::kChoices, exchange);
  std::vector<std::string_view> names;
  for (const auto& [known, part] : dashboard->choices) names.emplace_back(known);
  exchange->Send(NoSuchReply("parameter with choices", name, names));
}

// All that are given must be right, so that a filter is wrong in every tile or in none; those that the SQL names must be there.
Result<DashboardReads::Asked> DashboardReads::ReadParams(const Dashboard& dashboard, const Part& part, const Request& request) const {
  Asked asked;
  TR_TRY(QueryArgs args, QueryArgs::Parse(request));
  for (const ApiParam& param : dashboard.params) {
    const auto text = args.Take(param.spec().name);
    const bool is_used = std::find(part.params.begin(), part.params.end(), param.spec().name) != part.params.end();
    if (!is_used && !text) continue;
    TR_TRY(QueryParameter parameter, param.Read(text));
    if (is_used) asked.parameters.push_back(std::move(parameter));
  }
  TR_TRY(asked.wait_for, reader_.TakeWaitFor(args, request.caller->grant));
  TR_RETURN_IF_ERROR(args.RefuseRest());
  return asked;
}

void DashboardReads::Answer(const Dashboard& dashboard, const Part& part, QueryShape shape, const ExchangePtr& exchange) {
  auto asked = ReadParams(dashboard, part, exchange->request());
  if (!asked) return exchange->Send(InvalidParameterReply(asked.error()));
  const auto format = ChooseResultFormat(exchange->request().Header(HeaderField::kAccept));
  if (!format) return exchange->Send(ErrorReply(406, "not_acceptable", "results are given as " + ResultTypesText()));
  warmer_->Looked(static_cast<size_t>(&dashboard - dashboards_.data()));
  QueryAsk ask = AskOf(part, shape, *format, std::move(asked->parameters));
  reader_.When(exchange, std::move(asked->wait_for), [this, &part, exchange, ask = std::move(ask)] {
    Ask(part, ask, exchange->Gone(), [exchange, tags = TagsOf(exchange->request())](const TileAnswerPtr& answer) {
      exchange->loop().Post([exchange, answer, tags] { exchange->Send(ReplyOf(*answer, tags)); });
    });
  });
}

QueryAsk DashboardReads::AskOf(const Part& part, QueryShape shape, ResultFormat format, std::vector<QueryParameter> parameters) const {
  QueryAsk ask;
  ask.request.sql = part.query.sql;
  ask.request.parameters = std::move(parameters);
  ask.request.rows_max = reader_.limits().tile_rows_max;
  ask.request.now_micros = reader_.services().clock.Now().micros;
  ask.request.trusted = true;
  ask.shape = shape;
  ask.format = shape == QueryShape::kChoices ? ResultFormat::kJson : format;
  ask.title = part.title;
  return ask;
}

// The version is looked up before the question is asked: what was waited for is in it.
void DashboardReads::Ask(const Part& part, QueryAsk ask, std::stop_token gone, TileCache::Take take) {
  TileQuestion question;
  question.key = KeyOf(part.id, ask);
  question.version = CommitVersions::Now(reader_.services().progress).Of(part.query.made_from);
  question.changes_by_itself = part.query.changes_by_itself;
  if (ask.format == ResultFormat::kJson || ask.format == ResultFormat::kCsv) ask.request.rollup = rollups_.Find(part.id, question.version, ask.request.parameters);
  cache_.Ask(
      question,
      [this, ask = std::move(ask)](std::stop_token stop) { return RunQuery(reader_.services(), ask, reader_.limits(), std::move(stop)); },
      std::move(gone), std::move(take));
}

// As a page asks for it that has just been opened. Nullopt: it cannot be asked without parameters, or would not be kept.
std::optional<QueryAsk> DashboardReads::FirstAskOf(const Dashboard& dashboard, const Part& part) const {
  if (part.query.changes_by_itself) return std::nullopt;
  std::vector<QueryParameter> parameters;
  for (const ApiParam& param : dashboard.params) {
    if (std::find(part.params.begin(), part.params.end(), param.spec().name) == part.params.end()) continue;
    auto read = param.Read(std::nullopt);
    if (!read) return std::nullopt;
    parameters.push_back(std::move(*read));
  }
  return AskOf(part, QueryShape::kTile, ResultFormat::kJson, std::move(parameters));
}

const DashboardReads::Part& DashboardReads::PartAt(const Dashboard& dashboard, size_t tile) {
  return dashboard.tiles.find(dashboard.watched[tile].name)->second;
}

// Who chooses among values mostly leaves the range of time as it was, and the other way round: what stays needs no groups of its own.
std::vector<std::set<std::string>> DashboardReads::FixedTogether(const Dashboard& dashboard, const Part& part) {
  if (!dashboard.spec->range) return {};
  std::set<std::string> range, others;
  for (const std::string& param : part.params) (param == dashboard.spec->range->from || param == dashboard.spec->range->to ? range : others).insert(param);
  if (range.empty() || others.empty()) return {};
  return {range, others};
}

// What its tiles show comes before the groups behind them.
void DashboardReads::Warm(const Dashboard& dashboard, size_t tile, std::function<void()> done) {
  auto then = [this, &dashboard, tile, done = std::move(done)] {
    if (tile + 1 < dashboard.watched.size()) return done();
    MakeRollups(dashboard, 0, done);
  };
  const Part& part = PartAt(dashboard, tile);
  auto ask = FirstAskOf(dashboard, part);
  if (!ask) return then();
  Ask(part, std::move(*ask), {}, [then = std::move(then)](const TileAnswerPtr&) { then(); });
}

void DashboardReads::MakeRollups(const Dashboard& dashboard, size_t from, const std::function<void()>& done) {
  for (size_t tile = from; tile < dashboard.watched.size(); ++tile) {
    const Part& part = PartAt(dashboard, tile);
    const auto ask = FirstAskOf(dashboard, part);
    // Looked up before the groups are formed: they may be newer, and are never older.
    const std::string version = CommitVersions::Now(reader_.services().progress).Of(part.query.made_from);
    if (!ask || ask->request.parameters.empty() || !rollups_.IsDue(part.id, version)) continue;
    const bool is_posted = pool_.TryPost([this, &dashboard, tile, &part, version, query = ask->request, done](const std::stop_token& stop) {
      rollups_.Make(part.id, version, query, FixedTogether(dashboard, part), stop);
      MakeRollups(dashboard, tile + 1, done);
    });
    if (is_posted) return;
  }
  done();
}

void DashboardReads::Events(const ExchangePtr& exchange) {
  const Dashboard* dashboard = Find(exchange);
  if (dashboard == nullptr) return;
  const auto args = QueryArgs::Parse(exchange->request());
  const Status none = args ? args->RefuseRest() : Status(tl::unexpected(args.error()));
  if (!none) return exchange->Send(InvalidParameterReply(none.error()));
  events_.Open(exchange, dashboard->watched);
}

}  // namespace tailrace::server
