// Evaluates what the pipeline file says of a record, apart from everything that keeps tables: for audits.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"

namespace tailrace {

// Threads: one at a time. It keeps nothing. Errors: kInvalid = some record of the batch cannot be evaluated; kNotFound = no such stream,
// table or collection; kExhausted = memory.
class RecordJudge {
 public:
  virtual ~RecordJudge() = default;

  virtual Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view stream) = 0;

  // The rows of the range (ascending) of which the table or collection makes something, leaving out those `excluded` (ascending).
  virtual Result<std::vector<size_t>> Emitted(std::string_view name, const StreamBatch& batch, RowRange range,
                                              const std::vector<size_t>& excluded) = 0;

  // The keys of the documents that a collection makes of the batch.
  virtual Result<std::vector<std::string>> Keys(std::string_view collection, const StreamBatch& batch) = 0;
};

}  // namespace tailrace
