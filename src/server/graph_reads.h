// GET /graph: the parts of the pipeline as nodes, what leads to what as edges, and how each part stands.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/exchange.h"
#include "server/services.h"

namespace tailrace::server {

// A node is named KIND/NAME, such as "table/revenue"; rows that are stored of a stream are the stream's own. Numbers are totals since
// ever: who asks twice has rates. A limited caller sees the parts that his key is for, and the edges between them.
//
// Threads: each call on the loop of its exchange.
class GraphReads {
 public:
  explicit GraphReads(const Services& services);

  void Graph(const ExchangePtr& exchange);

 private:
  const Services& services_;
  const std::map<std::string, std::vector<std::string>> reads_of_apis_;  // streams, tables and views, by the api
};

}  // namespace tailrace::server
