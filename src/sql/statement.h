// A prepared statement that is kept and run again and again.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

// Threads: those of its connection, which it must not outlive.
class Statement {
 public:
  static Result<Statement> Prepare(Connection& connection, std::string_view sql);
  Statement(Statement&&) noexcept;
  Statement& operator=(Statement&&) noexcept;
  ~Statement();

  // Rows that it changed. kInvalid means the data: a statement that no longer fits its tables is kInternal.
  Result<int64_t> Run();

  // The first row of the answer, of BIGINTs. Errors as Run.
  Result<std::vector<int64_t>> RunForNumbers();

 private:
  struct Impl;
  Error Failed(void* result) const;
  explicit Statement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
