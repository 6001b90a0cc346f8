// An empty in-memory database with the pipeline's relations in it, to ask what a query answers before there is any data.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "sql/duckdb.h"
#include "sql/syntax.h"

namespace tailrace::sql {

// Threads: one at a time.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> Open();
  ~Scratch();

  // The columns of a stream as queries see it: its fields, then _partition, _offset, _seq, _ingested_at (and _extra, _record).
  Status AddStream(std::string_view name, const Schema& schema);
  Status AddRelation(std::string_view name, const std::vector<ResultColumn>& columns);
  SqlResult<void> AddView(std::string_view name, std::string_view sql);

  // Columns of the answer, without running it. `parameters` are name and DuckDB type of $name.
  SqlResult<std::vector<ResultColumn>> Describe(std::string_view sql, const std::vector<std::pair<std::string, std::string>>& parameters = {});

  Connection& connection();

 private:
  struct Impl;
  explicit Scratch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
