// The web console: its page at / and below /console/, and the files it is made of below /assets/.
#pragma once

#include <string_view>
#include <vector>

#include "server/console_pack.h"
#include "server/router.h"

namespace tailrace::server {

// What is served here is the same for everybody and shows nothing of the pipeline: the page asks for its data with the key of its reader.
//
// Threads: constant after construction; requests on the loop of their exchange.
class Console {
 public:
  // kCorruption: the pack is none, or has no page.
  static Result<Console> Create(std::string_view pack);

  // The routes borrow this.
  std::vector<RouteSpec> Routes() const;

 private:
  explicit Console(ConsolePack pack) : pack_(std::move(pack)) {}

  void Root(const ExchangePtr& exchange) const;
  void Page(const ExchangePtr& exchange) const;
  void Asset(const ExchangePtr& exchange) const;

  ConsolePack pack_;
};

}  // namespace tailrace::server
