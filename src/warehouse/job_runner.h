// The statements of jobs, on a connection of their own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/job_tables.h"
#include "sql/duckdb.h"
#include "warehouse/query_runner.h"

namespace tailrace::warehouse {

// Threads: thread-safe. Ownership: borrows the database and the queries.
class JobRunner final : public JobTables {
 public:
  // Makes schema jobs and the table of marks when they are missing. Format: docs/formats/warehouse.md.
  static Result<std::unique_ptr<JobRunner>> Open(sql::Database& database, const QueryRunner& queries);

  Result<JobSqlOutcome> Run(const JobSqlRequest& request, std::stop_token stop) override;
  Status WhileResting(const std::function<Status()>& work) override;

 private:
  class Turn;

  JobRunner(std::unique_ptr<sql::Connection> connection, const QueryRunner& queries) : queries_(queries), connection_(std::move(connection)) {}
  Result<std::vector<std::string>> Settle(const JobSqlRequest& request) const;
  Result<JobSqlOutcome> RunInTransaction(const JobSqlRequest& request, const std::vector<std::string>& statements, const std::stop_token& stop);

  const QueryRunner& queries_;
  std::mutex mutex_;
  std::condition_variable_any turn_;
  bool taken_ = false;                           // protected by mutex_
  std::unique_ptr<sql::Connection> connection_;  // of whoever has the turn
};

}  // namespace tailrace::warehouse
