// GET /dashboards and below: what the file says of dashboards, and what their tiles show.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/dashboards/dashboard_events.h"
#include "server/dashboards/tile_cache.h"
#include "server/dashboards/tile_query.h"
#include "server/dashboards/tile_rollups.h"
#include "server/dashboards/tile_warmer.h"
#include "server/queries/api_params.h"
#include "server/queries/query_reply.h"
#include "server/queries/reader.h"

namespace tailrace::server {

// A limited caller sees the dashboards all of whose tiles read what his key is for.
//
// Threads: built by one thread; each call on the loop of its exchange.
class DashboardReads {
 public:
  // kInvalid: a parameter that cannot be compiled.
  static Result<std::unique_ptr<DashboardReads>> Create(Reader& reader, ReadPool& pool, Executor& loop);

  void List(const ExchangePtr& exchange);
  void Show(const ExchangePtr& exchange);
  void Tile(const ExchangePtr& exchange);
  void Choices(const ExchangePtr& exchange);
  void Events(const ExchangePtr& exchange);

  // Now and then.
  void Tick();
  // Once the pool has stopped.
  void Stop() { cache_.Stop(); }

 private:
  // A tile, or what may be chosen for a parameter.
  struct Part {
    std::string id;  // unique among all
    std::string title;
    TileQuery query;
    std::vector<std::string> params;  // that the SQL names
  };
  struct Dashboard {
    const config::DashboardSpec* spec = nullptr;
    std::vector<ApiParam> params;
    std::map<std::string, Part, std::less<>> tiles;    // those with SQL
    std::map<std::string, Part, std::less<>> choices;  // by parameter
    std::vector<WatchedTile> watched;
  };
  struct Asked {
    std::vector<QueryParameter> parameters;
    std::optional<WaitFor> wait_for;
  };

  DashboardReads(Reader& reader, ReadPool& pool, Executor& loop);
  Result<Dashboard> Prepare(const config::DashboardSpec& spec) const;
  // Null: it is not there, or not for the caller, and he has been told.
  const Dashboard* Find(const ExchangePtr& exchange) const;
  Result<Asked> ReadParams(const Dashboard& dashboard, const Part& part, const Request& request) const;
  void Answer(const Dashboard& dashboard, const Part& part, QueryShape shape, const ExchangePtr& exchange);
  QueryAsk AskOf(const Part& part, QueryShape shape, ResultFormat format, std::vector<QueryParameter> parameters) const;
  void Ask(const Part& part, QueryAsk ask, std::stop_token gone, TileCache::Take take);
  std::optional<QueryAsk> FirstAskOf(const Dashboard& dashboard, const Part& part) const;
  static const Part& PartAt(const Dashboard& dashboard, size_t tile);
  static std::vector<std::set<std::string>> FixedTogether(const Dashboard& dashboard, const Part& part);
  // Computes what a tile shows at first; with the last tile, the groups behind all of them.
  void Warm(const Dashboard& dashboard, size_t tile, std::function<void()> done);
  // Forms the groups of the tiles from this one on, where they are due, on a reader thread and one after the other.
  void MakeRollups(const Dashboard& dashboard, size_t from, const std::function<void()>& done);
  void PrepareWarmer(Executor& loop);

  Reader& reader_;
  ReadPool& pool_;
  TileRollups rollups_;
  TileCache cache_;
  DashboardEvents events_;
  std::vector<Dashboard> dashboards_;
  std::unique_ptr<TileWarmer> warmer_;
};

}  // namespace tailrace::server
