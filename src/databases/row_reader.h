// One way of reading the rows of a database, while a connection lasts.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "databases/database.h"
#include "databases/database_source.h"
#include "ports/row_batch.h"
#include "ports/source.h"

namespace tailrace {

// Threads: one. After an error of Read the reader goes on with Connected on another connection, behind the last batch
// that it gave.
class RowReader {
 public:
  virtual ~RowReader() = default;

  // Under what positions are kept.
  virtual std::string item() const = 0;

  // Where the log says reading was left; before the first Connected. kCorruption: it cannot be read.
  virtual Status Resume(const ResumePoint& point) = 0;

  // A connection begins. Borrows it until the next one.
  virtual Status Connected(Database& database) = 0;

  // The next rows, with next and detail; waits for them. An empty batch that is not `end`: `stop` was requested.
  virtual Result<SourceBatch> Read(size_t bytes_max, RowBatch* rows, const std::stop_token& stop) = 0;

  virtual int64_t SizeHint() const { return 0; }
};

std::unique_ptr<RowReader> MakeWholeReader(const DatabaseTable& table);
std::unique_ptr<RowReader> MakeCursorReader(const DatabaseSourceOptions& options, Clock& clock);
std::unique_ptr<RowReader> MakeRandomReader(const DatabaseSourceOptions& options, Clock& clock);

// `"shop"."orders"`, or `(SELECT ...) AS tailrace_rows`.
std::string RelationOf(const Database& database, const DatabaseTable& table);

// What names a table or query in positions.
std::string ItemOf(const DatabaseTable& table);

// The columns as they are selected.
std::string SelectList(const Database& database, const std::vector<DatabaseColumn>& columns);

// False when `stop` was requested first.
bool WaitUntil(Clock& clock, std::chrono::steady_clock::time_point due, const std::stop_token& stop);

}  // namespace tailrace
