// An empty in-memory database with the pipeline's relations in it, to ask what a query answers before there is any
// data.
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

// It reads no file whatever it is asked. Threads: one at a time.
class Scratch {
 public:
  static Result<std::unique_ptr<Scratch>> Open();
  ~Scratch();

  // The columns of a stream as queries see it: StreamColumns. Beside it stands its batch relation, which has `_record`
  // too.
  Status AddStream(std::string_view name, const Schema& schema);
  Status AddRelation(std::string_view name, const std::vector<ResultColumn>& columns);
  // The same in a schema of its own, which is made where it is not there.
  Status AddRelationIn(std::string_view schema, std::string_view name, const std::vector<ResultColumn>& columns);
  // One of schema jobs; in place of one of this name.
  Status AddJobsTable(std::string_view name, const std::vector<ResultColumn>& columns);
  SqlResult<void> AddView(std::string_view name, std::string_view sql);

  // The relation that stands for a batch of the stream: what tables and collections read.
  static std::string BatchRelation(std::string_view stream);

  // Columns of the answer, without running it. `parameters` are name and DuckDB type of $name.
  SqlResult<std::vector<ResultColumn>> Describe(
      std::string_view sql, const std::vector<std::pair<std::string, std::string>>& parameters = {});

  // The same of a collection's SELECT, which reads batches of `stream` and may name `_record`.
  SqlResult<std::vector<ResultColumn>> DescribeOverBatch(std::string_view sql, std::string_view stream);

  // The same with these relations beside the others, which are forgotten after it.
  SqlResult<std::vector<ResultColumn>> DescribeWith(
      const std::vector<std::pair<std::string, std::vector<ResultColumn>>>& relations, std::string_view sql);

  Connection& connection();

 private:
  struct Impl;
  explicit Scratch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
