// A batch as a relation of one connection: a table function that hands out the batch's vectors by reference, behind a
// temporary view.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/chunk_batch.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

// Rows [begin, end) of a batch without those `excluded` (ascending).
struct BatchRows {
  const ChunkBatch* batch = nullptr;
  size_t begin = 0;
  size_t end = 0;
  std::vector<size_t> excluded;
  size_t at_once = 0;  // so many at a time at most; 0: a vector of them
  size_t times = 1;    // each row so often, one behind the other; at_once * times is a vector at most
};

// Rows [begin, end).
struct RowSpan {
  size_t begin = 0;
  size_t end = 0;
};

struct BatchRelationOptions {
  std::string name;              // of the temporary view
  bool with_row_number = false;  // a last column kRowNumberColumn: the row's place in the batch
};

// Threads: those of its connection, which it must not outlive. Show before a query reads the relation, Hide when the
// batch goes away.
class BatchRelation {
 public:
  static constexpr std::string_view kRowNumberColumn = "_tailrace_row";

  static Result<std::unique_ptr<BatchRelation>> Create(Connection& connection,
                                                       std::shared_ptr<const BatchLayout> layout,
                                                       const BatchRelationOptions& options);
  ~BatchRelation();

  // The batch must stay until Hide; its layout is the relation's.
  void Show(BatchRows rows);
  void Hide();

  // Of what is shown, the rows that were handed out last, excluded ones between them too. Empty: none were.
  RowSpan last_handed_out() const;

  struct Source;

 private:
  explicit BatchRelation(std::shared_ptr<Source> source);
  std::shared_ptr<Source> source_;
};

}  // namespace tailrace::sql
