#include "documents/reader_pool.h"

#include <utility>

#include "documents/catalog.h"

namespace tailrace::documents {

DocumentTableReader& Reader::Table(const TableShape& shape) {
  return tables_.try_emplace(shape.id, *connection_, shape).first->second;
}

Result<TableShape> Reader::StoredShape(std::string_view collection) {
  TR_TRY(const auto stored, Catalog(*connection_).Load());
  const auto found = stored.find(collection);
  if (found == stored.end()) return Fail(Error::NotFound("there is no collection " + std::string(collection)));
  return found->second.shape;
}

Result<std::vector<JournaledCommit>> Reader::Commits(std::string_view collection) { return Catalog(*connection_).Journal(collection); }

Result<std::unique_ptr<Reader>> ReaderPool::Take() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Reader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  return Open();
}

Result<std::unique_ptr<Reader>> ReaderPool::Open() {
  TR_TRY(auto connection, sqlite::Connection::Open({.path = path_, .read_only = true, .file_bytes_max = 0}));
  return std::make_unique<Reader>(std::move(connection));
}

void ReaderPool::Return(std::unique_ptr<Reader> reader) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(reader));
}

}  // namespace tailrace::documents
