// Connections for reads, so that many threads read at once and none waits for the writer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "documents/document_table.h"
#include "ports/commit_journal.h"
#include "sqlite/sqlite.h"

namespace tailrace::documents {

// One connection with its statements, by table id. Threads: one at a time.
class Reader {
 public:
  explicit Reader(std::unique_ptr<sqlite::Connection> connection) : connection_(std::move(connection)) {}

  DocumentTableReader& Table(const TableShape& shape);
  // The journal of one collection, or of all.
  Result<std::vector<JournaledCommit>> Commits(std::string_view collection);

  // Calls `read` with the shape that the file itself has for the collection, in one snapshot with it.
  template <typename T, typename Read>
  Result<T> InSnapshot(std::string_view collection, const Read& read) {
    TR_RETURN_IF_ERROR(connection_->Execute("BEGIN"));
    Result<T> result = [&]() -> Result<T> {
      TR_TRY(const TableShape shape, StoredShape(collection));
      return read(Table(shape), shape);
    }();
    // Nothing was written; there is nothing to lose.
    (void)connection_->Execute("COMMIT").has_value();
    return result;
  }

 private:
  Result<TableShape> StoredShape(std::string_view collection);

  std::unique_ptr<sqlite::Connection> connection_;
  std::map<int64_t, DocumentTableReader> tables_;  // after connection_: its statements go first
};

// Threads: thread-safe.
class ReaderPool {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}

  // A free connection, or a new one.
  Result<std::unique_ptr<Reader>> Take();
  // A new one, which knows nothing of how the file was.
  Result<std::unique_ptr<Reader>> Open();
  void Return(std::unique_ptr<Reader> reader);

 private:
  // Kept open while nobody reads; the callers' threads bound how many are in use.
  static constexpr size_t kIdleReadersMax = 16;

  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;  // protected by mutex_
};

}  // namespace tailrace::documents
