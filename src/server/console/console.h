// The web console: its page at / and below /console/, and the files it is made of below /assets/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/console/console_pack.h"
#include "server/http/router.h"

namespace tailrace::server {

// What is served here is the same for everybody and shows nothing of the pipeline: the page asks for its data with the key of its reader.
//
// Threads: constant after construction; requests on the loop of their exchange.
class Console {
 public:
  // `framing`: origins whose pages may frame a tile of a dashboard ("*": all), beside the server's own.
  // kCorruption: the pack is none, or has no page.
  static Result<Console> Create(std::string_view pack, std::span<const std::string> framing = {});

  // The routes borrow this.
  std::vector<RouteSpec> Routes() const;

 private:
  Console(ConsolePack pack, std::string tile_policy) : pack_(std::move(pack)), tile_policy_(std::move(tile_policy)) {}

  void Root(const ExchangePtr& exchange) const;
  void Page(const ExchangePtr& exchange) const;
  void Asset(const ExchangePtr& exchange) const;

  ConsolePack pack_;
  std::string tile_policy_;  // of a tile alone, which others may frame
};

}  // namespace tailrace::server
