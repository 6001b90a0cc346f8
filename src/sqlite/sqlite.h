// SQLite, wrapped once: connections and prepared statements with our errors. Each page of a file carries a checksum: page_checksums.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tailrace::sqlite {

// A prepared statement. Threads: those of its connection, which must outlive it.
class Statement {
 public:
  // Places are counted from 1. The text is borrowed until the statement is reset.
  void BindText(int place, std::string_view text);
  void BindInt(int place, int64_t value);
  void BindNull(int place);

  // True when there is a row to read.
  Result<bool> Step();
  // Steps a statement that has no rows, and makes it ready for its next use.
  Status Run();
  void Reset();

  // Columns are counted from 0; a text is valid until the next Step or Reset.
  std::string_view Text(int column) const;
  int64_t Int(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// What the pages of all connections of the process hold together, in bytes: beyond it a connection uses one of its own pages again.
void LimitMemory(int64_t bytes_max);

struct Options {
  std::string path;
  bool read_only = false;
  size_t file_bytes_max = 0;  // 0: as much as the disk holds
};

// Threads: one at a time.
// Errors:  kExhausted = disk or memory; kCorruption = the file is damaged (pages have checksums); kNotFound = a table of the statement is not
//          there (any more); kUnavailable = try again; kInternal = the rest.
class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const Options& options);

  Status Execute(const std::string& sql);
  Result<Statement> Prepare(const std::string& sql);

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  explicit Connection(sqlite3* connection) : connection_(connection) {}
  std::unique_ptr<sqlite3, Close> connection_;
};

// BEGIN ... COMMIT; rolls back when it goes out of scope uncommitted.
class Transaction {
 public:
  static Result<Transaction> Begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // On stable storage when it succeeds; nothing of it is there when it fails.
  Status Commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Connection* connection_;
};

// As a quoted SQL name.
std::string QuoteName(std::string_view name);

}  // namespace tailrace::sqlite
