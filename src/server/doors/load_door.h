// GET and POST /streams/{stream}/load: rows of a file that `load` reads where it runs, as if the server had read them itself.
#pragma once

#include <string>
#include <vector>

#include "engine/load_desk.h"
#include "server/doors/ingest.h"
#include "server/http/read_pool.h"
#include "server/http/router.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class LoadDoor {
 public:
  LoadDoor(const Services& services, Ingest& ingest, ReadPool& pool);

  // Where an item is to be read from: {"next", "detail"}, next 0 for its beginning, and what else ResumePoint says.
  void Open(const ExchangePtr& exchange);
  // Takes a RowMessage.
  void Take(const ExchangePtr& exchange);

  std::vector<RouteSpec> Routes();

 private:
  Reply TakeReply(size_t stream, const std::string& client, std::string_view body);

  const Services& services_;
  Ingest& ingest_;
  ReadPool& pool_;
  std::vector<std::string> schemas_;  // fingerprints, by index of the stream
};

}  // namespace tailrace::server
