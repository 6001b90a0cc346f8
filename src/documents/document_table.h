// One collection's table: documents by key, with a checksum and the indexed fields beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/document_store.h"
#include "sqlite/sqlite.h"

namespace tailrace::documents {

// What the table is made of. `id` names it in the file, and is never used again.
struct TableShape {
  int64_t id = 0;
  std::vector<std::string> fields;  // indexed
};

std::string CreateTableSql(const TableShape& shape);
std::string DropTableSql(int64_t id);

// Documents to be written; views, so that nothing is copied on the way.
struct DocumentRow {
  std::string_view key;
  std::string_view json;
  const std::vector<std::optional<std::string_view>>* indexed = nullptr;  // as many as the table has fields
};

// The writer's statements. Threads: the writer's.
class DocumentTableWriter {
 public:
  static Result<DocumentTableWriter> Prepare(sqlite::Connection& connection, const TableShape& shape);

  // The stored text, nullopt when there is none. kCorruption names the document.
  Result<std::optional<std::string>> Read(std::string_view key);
  Status Write(const DocumentRow& row);

 private:
  DocumentTableWriter(sqlite::Statement read, sqlite::Statement write)
      : read_(std::move(read)), write_(std::move(write)) {}
  sqlite::Statement read_;
  sqlite::Statement write_;
};

// A reader's statements, each prepared at its first use. Threads: its connection's.
// Errors: kNotFound when the table has been replaced: look up its id again.
class DocumentTableReader {
 public:
  // The text of a page ends the page early when it gets larger than this.
  static constexpr size_t kPageBytesMax = 64U << 20U;

  DocumentTableReader(sqlite::Connection& connection, TableShape shape)
      : connection_(&connection), shape_(std::move(shape)) {}

  Result<std::optional<Document>> Get(std::string_view key);
  // `field` is an index into the shape's fields; nullopt for all documents. The limit is at least 1.
  Result<DocumentPage> Find(const DocumentQuery& query, std::optional<size_t> field);

 private:
  Result<sqlite::Statement*> FindStatement(std::optional<size_t> field, bool first_page);

  sqlite::Connection* connection_;
  TableShape shape_;
  std::optional<sqlite::Statement> get_;
  std::vector<std::optional<sqlite::Statement>> finds_;
};

}  // namespace tailrace::documents
