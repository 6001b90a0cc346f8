// Connections for reads, so that many threads read at once and none waits for the writer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "documents/document_table.h"
#include "documents/sqlite.h"

namespace tailrace::documents {

// One connection with its statements, by table id. Threads: one at a time.
class Reader {
 public:
  explicit Reader(std::unique_ptr<SqliteConnection> connection) : connection_(std::move(connection)) {}

  DocumentTableReader& Table(const TableShape& shape);
  void Forget(int64_t table) { tables_.erase(table); }

 private:
  std::unique_ptr<SqliteConnection> connection_;
  std::map<int64_t, DocumentTableReader> tables_;  // after connection_: its statements go first
};

// Threads: thread-safe.
class ReaderPool {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}

  // A free connection, or a new one.
  Result<std::unique_ptr<Reader>> Take();
  void Return(std::unique_ptr<Reader> reader);

 private:
  // Kept open while nobody reads; the callers' threads bound how many are in use.
  static constexpr size_t kIdleReadersMax = 16;

  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;  // protected by mutex_
};

}  // namespace tailrace::documents
