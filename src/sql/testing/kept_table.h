// Keeps tables as a warehouse does, batch by batch in any order of the batches, beside all rows of the stream: for
// tests that hold the two against each other.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sql/scratch.h"
#include "sql/table_plan.h"

namespace tailrace::sql {

// A stream `rows` of random records: few keys, many nulls and ties, large integers, decimals, doubles of all sizes,
// texts, lists.
class KeptTables {
 public:
  // Errors in setting up end the test program.
  KeptTables(uint64_t seed, int row_count);
  ~KeptTables();

  static Schema RowSchema();

  SqlResult<IncrementalPlan> Plan(std::string_view sql, const std::vector<std::string>& unique = {});

  // The answer of the table's view after all rows have been consumed in random batches, with compactions in between.
  // Rows are sorted texts, one a row, values separated by tabs; doubles begin with ~.
  Result<std::vector<std::string>> Kept(const IncrementalPlan& plan);

  // The answer of DuckDB over all rows in the stream's order.
  Result<std::vector<std::string>> Direct(std::string_view sql);

  Connection& connection() { return *connection_; }

 private:
  Status CreatePhysical(const IncrementalPlan& plan);
  Status Consume(const IncrementalPlan& plan, int batch);
  Status Compact(const Partial& partial);
  void DropAll(const IncrementalPlan& plan);
  Result<std::vector<std::string>> Rows(std::string_view sql);

  std::mt19937_64 random_;
  int batch_count_ = 1;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Scratch> scratch_;
};

// Whether two answers are the same; doubles to 1e-12 of `scale`. Says where they differ.
std::string Difference(const std::vector<std::string>& kept, const std::vector<std::string>& direct, double scale);

}  // namespace tailrace::sql
