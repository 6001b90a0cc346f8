// The named queries of a pipeline: GET /api/NAME, or the route that the file gives them.
#pragma once

#include <memory>
#include <vector>

#include "server/http/router.h"
#include "server/queries/api_params.h"
#include "server/queries/collection_reads.h"
#include "server/queries/reader.h"

namespace tailrace::server {

// Threads: built by one thread; requests on the loop of their exchange.
class ApiReads {
 public:
  // kInvalid: a parameter that cannot be compiled.
  static Result<std::unique_ptr<ApiReads>> Create(Reader& reader, CollectionReads& collections);

  std::vector<RouteSpec> Routes();

 private:
  struct Api {
    const config::ApiSpec* spec = nullptr;
    std::vector<ApiParam> params;
    std::vector<std::string> path_params;  // names of the route's placeholders, in order
  };
  struct Asked {
    std::vector<QueryParameter> parameters;
    std::optional<WaitFor> wait_for;
  };

  ApiReads(Reader& reader, CollectionReads& collections) : reader_(reader), collections_(collections) {}
  RouteSpec RouteOf(const Api& api);
  Result<Asked> ReadParams(const Api& api, const Request& request) const;
  void Answer(const Api& api, const ExchangePtr& exchange);

  Reader& reader_;
  CollectionReads& collections_;
  std::vector<Api> apis_;
};

}  // namespace tailrace::server
