// Runs a query and makes its answer.
#pragma once

#include <stop_token>
#include <string>

#include "ports/warehouse.h"
#include "server/http/accept.h"
#include "server/http/reply.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

enum class QueryShape {
  kColumnsAndRows,  // {"columns":[{"name","type"}],"rows":[[...]],"as_of":{...}}
  kData,            // {"data":[{...}],"rows":n,"as_of":{...}}
  kOne,             // the one object, or 404
  kTile,            // as kColumnsAndRows, and whether it is cut: {...,"cut":false}
  kChoices,         // {"choices":[{"value","label"}],"as_of":{...}} of one column or two
};

struct QueryAsk {
  QueryRequest request;
  QueryShape shape = QueryShape::kColumnsAndRows;
  ResultFormat format = ResultFormat::kJson;
  std::string title = "SELECT";  // of a picture
};

// On a reader thread.
Reply RunQuery(const Services& services, const QueryAsk& ask, const Limits& limits, std::stop_token stop);

}  // namespace tailrace::server
