// The statements that a job may run: they change tables of schema `jobs` and nothing else, and what they read is one SELECT that passes
// the gate like any other.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/syntax.h"

namespace tailrace::sql {

inline constexpr std::string_view kJobsSchema = "jobs";

enum class JobStatementKind {
  kCreate,  // CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name AS SELECT
  kInsert,  // INSERT INTO name [(columns)] [BY NAME] SELECT
  kDelete,  // DELETE FROM name [WHERE condition]
  kDrop,    // DROP TABLE [IF EXISTS] name
};

// Values: no connection. Threads: as any value.
class JobStatement {
 public:
  // One of the above; anything else is an error that says which there are. Places are bytes of `sql`. A name may be written with or
  // without `jobs.`.
  static SqlResult<JobStatement> Parse(std::string_view sql);

  JobStatementKind kind() const { return kind_; }
  const std::string& table() const { return table_; }  // without its schema
  size_t table_position() const { return table_position_; }

  // What it reads, with places that are those of the text; that of a DELETE finds the rows that go, and has none. Nullopt: nothing (DROP).
  const std::optional<Select>& select() const { return select_; }

  // The statement with another SELECT in the place of its own.
  std::string Text(const std::string& select_text) const;

 private:
  JobStatementKind kind_ = JobStatementKind::kCreate;
  std::string before_;  // up to the SELECT, of our own writing
  std::string after_;
  std::string table_;
  size_t table_position_ = 0;
  std::optional<Select> select_;
};

// `jobs.name`, quoted.
std::string JobsTable(std::string_view table);

// Whether a relation, as Select::Relations names it, is one of schema jobs; then its name there.
std::optional<std::string> JobsTableName(std::string_view relation);

}  // namespace tailrace::sql
