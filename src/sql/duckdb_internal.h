// What the files of sql/ share about DuckDB's C API. Only they include this header.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

struct Database::Impl {
  ~Impl();
  duckdb_database handle = nullptr;
};

struct Connection::Impl {
  ~Impl();
  duckdb_connection handle = nullptr;
  bool in_transaction = false;
  // Set by any failure inside a transaction: DuckDB forgets some of them, and would commit half a batch.
  bool failed = false;

  // Every failure on this connection goes through here (or through Fail below), so that Commit learns of it.
  Error Failed(Error error);
  Error Failed(duckdb_error_type type, std::string_view message);
};

// The last settings of an instance, after which there are no others.
Status LockDatabase(Connection& connection, const std::vector<std::string>& allowed_directories);

ErrorCode CodeOf(duckdb_error_type type);

// DuckDB's message without what is of no use to people: stack traces, candidates that fill pages.
Error ErrorOf(duckdb_error_type type, std::string_view message);

// The same for a failed prepare, which tells the kind only by the first words of its message; mostly it is wrong SQL.
Error ErrorOfPrepare(std::string_view message);

// DuckDB's spelling of a type, as DESCRIBE prints it.
std::string TypeName(duckdb_logical_type type);

// Owners of DuckDB's handles.
struct ResultHandle {
  duckdb_result value{};
  ResultHandle() = default;
  ResultHandle(const ResultHandle&) = delete;
  ResultHandle& operator=(const ResultHandle&) = delete;
  ~ResultHandle() { duckdb_destroy_result(&value); }
};

struct DestroyPrepared {
  void operator()(duckdb_prepared_statement statement) const { duckdb_destroy_prepare(&statement); }
};
using PreparedHandle = std::unique_ptr<_duckdb_prepared_statement, DestroyPrepared>;

struct DestroyType {
  void operator()(duckdb_logical_type type) const { duckdb_destroy_logical_type(&type); }
};
using TypeHandle = std::unique_ptr<_duckdb_logical_type, DestroyType>;

struct FreeText {
  void operator()(char* text) const { duckdb_free(text); }
};
using TextHandle = std::unique_ptr<char, FreeText>;

// One prepared statement; several in one text are an error.
Result<PreparedHandle> Prepare(Connection::Impl& connection, std::string_view sql);

}  // namespace tailrace::sql
