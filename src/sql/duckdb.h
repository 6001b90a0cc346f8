// DuckDB, wrapped once. Nothing outside sql/ sees duckdb.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"

namespace tailrace::sql {

struct DatabaseOptions {
  std::string path;  // ":memory:" for none
  int threads = 2;
  size_t memory_bytes_max = 0;                  // 0: DuckDB's default
  std::string temp_directory;                   // empty: nothing is spilled to disk
  size_t temp_bytes_max = size_t{16} << 30;     // of temp_directory
  size_t checkpoint_bytes = size_t{256} << 20;  // of write-ahead log, after which a commit checkpoints by itself
  std::vector<std::string> allowed_directories;
  bool lock = true;  // no file access but the allowed, no settings, no extensions from here on
};

class Connection;

// One DuckDB instance, in UTC, that loads no extension by itself. Aggregates of ours (exact sums) are registered in it.
// Threads: Connect from any. Ownership: outlives its connections.
class Database {
 public:
  static Result<std::unique_ptr<Database>> Open(const DatabaseOptions& options);
  ~Database();
  Result<std::unique_ptr<Connection>> Connect();

  struct Impl;
  Impl& impl() { return *impl_; }  // for the other files of sql/

 private:
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct ResultColumn {
  std::string name;
  std::string type;  // DuckDB's spelling
};

// A whole result, small, as text: for catalogue reads and tests. Null is nullopt.
struct TextResult {
  std::vector<ResultColumn> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
};

// One connection and its transaction. Threads: one at a time, but Interrupt from any.
// Errors: kInvalid = conversion, range, invalid input, and wrong SQL; kExhausted = memory or disk; kCancelled =
// interrupted; kConflict = transaction conflict;
//         kInternal = the rest. A run-time error inside a transaction makes Commit fail (DuckDB itself would report
//         success and keep nothing).
class Connection {
 public:
  ~Connection();

  // Runs one or more statements and forgets their answers.
  Status Execute(std::string_view sql);
  // Runs one statement and brings its answer whole.
  Result<TextResult> Query(std::string_view sql);

  Status Begin();
  Status Commit();  // when it fails, nothing was kept and no transaction is open
  void Rollback();  // does nothing when no transaction is open

  // What runs now ends with kCancelled; does nothing when nothing runs.
  void Interrupt();

  struct Impl;
  Impl& impl() { return *impl_; }  // for the other files of sql/

 private:
  friend class Database;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The DuckDB type that holds a field of this type: BIGINT, DECIMAL(12,3), STRUCT(...)[] and so on.
std::string SqlType(const Type& type);

inline constexpr std::string_view kPartitionColumn = "_partition";
inline constexpr std::string_view kOffsetColumn = "_offset";
inline constexpr std::string_view kSeqColumn = "_seq";
inline constexpr std::string_view kIngestedAtColumn = "_ingested_at";
inline constexpr std::string_view kExtraColumn = "_extra";
inline constexpr std::string_view kRecordColumn = "_record";

// The columns of a stream as SQL sees it: its fields, `_partition`, `_offset`, `_seq`, `_ingested_at`, `_extra` when
// unknown fields are kept, and at the end `_record` when asked for (tables and collections have it, the stored rows do
// not).
std::vector<ResultColumn> StreamColumns(const Schema& schema, bool with_record);

std::string QuoteIdentifier(std::string_view name);
std::string QuoteLiteral(std::string_view text);

}  // namespace tailrace::sql
