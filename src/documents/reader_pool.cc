#include "documents/reader_pool.h"

#include <utility>

namespace tailrace::documents {

DocumentTableReader& Reader::Table(const TableShape& shape) {
  return tables_.try_emplace(shape.id, *connection_, shape).first->second;
}

Result<std::unique_ptr<Reader>> ReaderPool::Take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  TR_TRY(auto connection, SqliteConnection::Open({.path = path_, .read_only = true, .file_bytes_max = 0}));
  return std::make_unique<Reader>(std::move(connection));
}

void ReaderPool::Return(std::unique_ptr<Reader> reader) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(reader));
}

}  // namespace tailrace::documents
