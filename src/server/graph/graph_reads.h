// GET /graph: the parts of the pipeline as nodes, what leads to what as edges, and how each part stands.
// GET /graph/{kind}/{name}: one of them, with its numbers over time.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/graph/graph_shape.h"
#include "server/graph/graph_writer.h"
#include "server/graph/part_history.h"
#include "server/http/exchange.h"
#include "server/http/read_pool.h"
#include "server/http/router.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

// A node is named KIND/NAME, such as "table/revenue"; rows that are stored of a stream are the stream's own. Numbers are totals since
// ever: who asks twice has rates. A limited caller sees the parts that his key is for, and the edges between them.
//
// Threads: Start and Stop from one thread; each call on the loop of its exchange; Tick on one loop. What they look at is read on a thread
// of its own, in turn.
class GraphReads {
 public:
  // `router` is asked for what APIs have answered, once it is complete.
  GraphReads(const Services& services, const Limits& limits, const Router& router);

  void Start() { pool_.Start(); }
  // Twice is fine.
  void Stop() { pool_.Stop(); }

  void Graph(const ExchangePtr& exchange);
  void Part(const ExchangePtr& exchange);

  // Takes a sample of the numbers when it is time to. At the first call at once.
  void Tick();

 private:
  Reply PartReply(const std::string& kind, const std::string& name) const;
  bool MaySee(const auth::Grant& grant, const std::string& kind, const std::string& name) const;
  void Sample();
  int64_t Requests(const std::string& method, const std::string& pattern) const;

  const Services& services_;
  const Router& router_;
  const std::vector<GraphEdge> edges_;
  const std::set<std::string> parts_;  // the names of all
  const RequestsOf requests_;
  ReadPool pool_;
  PartHistory history_;
  std::optional<std::chrono::steady_clock::time_point> sampled_;  // of the loop that ticks
};

}  // namespace tailrace::server
