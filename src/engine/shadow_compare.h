// Holds a shadow against the live state, row by row or document by document, in bounded memory.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/rebuild.h"
#include "ports/document_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

struct DifferenceCounts {
  int64_t only_in_old = 0;
  int64_t only_in_new = 0;
};

// Both states must stand still. Columns are matched by their names; one that only one side has is null on the other.
// Rows of a stream come by partition and offset. Memory: the store's own bound, beyond which it goes to disk.
Result<DifferenceCounts> CompareRows(Warehouse& warehouse, std::string_view name, bool stored_rows, RebuildListener& listener,
                                     const std::stop_token& stop);

// By key. Memory: a page of each.
Result<DifferenceCounts> CompareDocuments(DocumentStore& documents, std::string_view collection, RebuildListener& listener,
                                          const std::stop_token& stop);

}  // namespace tailrace::engine
