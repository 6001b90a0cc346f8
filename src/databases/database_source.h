// Rows of a database as a source: all of a table once, what is new by a growing column, or rows at random.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/draw.h"
#include "base/result.h"
#include "databases/database.h"
#include "model/schema.h"
#include "ports/source.h"

namespace tailrace {

// A table or a query, and what its rows are read by.
struct DatabaseTable {
  std::string member;  // of the record that holds the row; empty: the row is the record
  std::string table;   // `orders`, `shop.orders`; or
  std::string sql;     // a SELECT
  Schema schema;
};

struct RandomRows {
  int64_t rows = 0;  // in all; 0: without end
  PauseRange pause;  // before each
  uint64_t seed = 0;
};

struct DatabaseSourceOptions {
  DatabaseAddress address;
  std::vector<DatabaseTable> tables;    // several only with `random`
  std::string cursor;                   // the growing column; empty: all rows, once
  std::chrono::milliseconds every{0};   // with a cursor; 0: once
  std::chrono::milliseconds settle{0};  // how long a row may take to be seen after one with a greater cursor
  std::optional<RandomRows> random;
  int connect_tries_max = 0;  // one after the other; 0: without end
};

// Positions. With a cursor a row's place is the cursor's value (an integer, or microseconds since the epoch), so that
// it means the same whatever has changed in the table; rows of one value are never apart. At random it is the number of
// the draw. Else it is the number of the row, and a checksum of all rows before goes with it: a table that is no longer
// what it was is kConflict, never a wrong row.
// While the server cannot be had, Next gives an empty batch whose `trouble` names address, reason and the next attempt.
// Errors of Next: those of Source; kUnavailable after connect_tries_max; kInvalid: the server refuses the query.
// Borrows the clock.
std::unique_ptr<Source> MakeDatabaseSource(const DatabaseSourceOptions& options, Clock& clock);

}  // namespace tailrace
