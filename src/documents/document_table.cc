#include "documents/document_table.h"

#include <algorithm>
#include <utility>

#include "documents/checksum.h"

namespace tailrace::documents {
namespace {

std::string TableName(int64_t id) { return "documents_" + std::to_string(id); }
std::string FieldColumn(size_t field) { return "field_" + std::to_string(field); }

// Selected as key, document, checksum.
Result<Document> Checked(const sqlite::Statement& row) {
  Document document{std::string(row.Text(0)), std::string(row.Text(1))};
  if (row.Int(2) != DocumentChecksum(document.key, document.json)) {
    return Fail(Error::Corruption("document \"" + document.key + "\" is not what was written: its checksum differs"));
  }
  return document;
}

}  // namespace

std::string CreateTableSql(const TableShape& shape) {
  std::string name = TableName(shape.id);
  std::string sql =
      "CREATE TABLE " + name + "(key TEXT PRIMARY KEY NOT NULL, document TEXT NOT NULL, checksum INTEGER NOT NULL";
  for (size_t i = 0; i < shape.fields.size(); ++i) sql += ", " + FieldColumn(i) + " TEXT";
  sql += ");";
  for (size_t i = 0; i < shape.fields.size(); ++i) {
    sql += "CREATE INDEX " + name + "_by_" + FieldColumn(i) + " ON " + name + "(" + FieldColumn(i) + ", key);";
  }
  return sql;
}

std::string DropTableSql(int64_t id) { return "DROP TABLE " + TableName(id); }

Result<DocumentTableWriter> DocumentTableWriter::Prepare(sqlite::Connection& connection, const TableShape& shape) {
  std::string name = TableName(shape.id);
  TR_TRY(sqlite::Statement read, connection.Prepare("SELECT key, document, checksum FROM " + name + " WHERE key = ?1"));
  std::string values = "?1, ?2, ?3";
  std::string updates = "document = excluded.document, checksum = excluded.checksum";
  for (size_t i = 0; i < shape.fields.size(); ++i) {
    values += ", ?" + std::to_string(i + 4);
    updates += ", " + FieldColumn(i) + " = excluded." + FieldColumn(i);
  }
  TR_TRY(sqlite::Statement write, connection.Prepare("INSERT INTO " + name + " VALUES(" + values +
                                                     ") ON CONFLICT(key) DO UPDATE SET " + updates));
  return DocumentTableWriter(std::move(read), std::move(write));
}

Result<std::optional<std::string>> DocumentTableWriter::Read(std::string_view key) {
  read_.BindText(1, key);
  TR_TRY(bool found, read_.Step());
  if (!found) {
    read_.Reset();
    return std::nullopt;
  }
  Result<Document> document = Checked(read_);
  read_.Reset();
  if (!document) return Fail(document.error());
  return std::move(document->json);
}

Status DocumentTableWriter::Write(const DocumentRow& row) {
  write_.BindText(1, row.key);
  write_.BindText(2, row.json);
  write_.BindInt(3, DocumentChecksum(row.key, row.json));
  for (size_t i = 0; i < row.indexed->size(); ++i) {
    const auto& value = (*row.indexed)[i];
    int place = static_cast<int>(i) + 4;
    if (value) {
      write_.BindText(place, *value);
    } else {
      write_.BindNull(place);
    }
  }
  return write_.Run();
}

Result<std::optional<Document>> DocumentTableReader::Get(std::string_view key) {
  if (!get_) {
    TR_TRY(get_,
           connection_->Prepare("SELECT key, document, checksum FROM " + TableName(shape_.id) + " WHERE key = ?1"));
  }
  get_->BindText(1, key);
  TR_TRY(bool found, get_->Step());
  if (!found) {
    get_->Reset();
    return std::nullopt;
  }
  Result<Document> document = Checked(*get_);
  get_->Reset();
  if (!document) return Fail(document.error());
  return std::optional<Document>(std::move(*document));
}

Result<sqlite::Statement*> DocumentTableReader::FindStatement(std::optional<size_t> field, bool first_page) {
  // Two for each way of asking: an empty key is a key too, so the first page does not start after it.
  finds_.resize((shape_.fields.size() + 1) * 2);
  std::optional<sqlite::Statement>& statement = finds_[(field ? *field + 1 : 0) * 2 + (first_page ? 0 : 1)];
  if (!statement) {
    std::string condition = first_page ? "key >= ?1" : "key > ?1";
    if (field) condition += " AND " + FieldColumn(*field) + " = ?3";
    TR_TRY(statement, connection_->Prepare("SELECT key, document, checksum FROM " + TableName(shape_.id) + " WHERE " +
                                           condition + " ORDER BY key LIMIT ?2"));
  }
  return &*statement;
}

Result<DocumentPage> DocumentTableReader::Find(const DocumentQuery& query, std::optional<size_t> field) {
  TR_TRY(sqlite::Statement * statement, FindStatement(field, query.after.empty()));
  statement->BindText(1, query.after);
  // One more than asked for tells whether there is a next page.
  statement->BindInt(2, static_cast<int64_t>(query.limit) + 1);
  if (field) statement->BindText(3, query.value);
  DocumentPage page;
  size_t bytes = 0;
  while (true) {
    TR_TRY(bool row, statement->Step());
    if (!row) break;
    if (page.documents.size() == query.limit || bytes > kPageBytesMax) {
      page.next = page.documents.back().key;
      break;
    }
    Result<Document> document = Checked(*statement);
    if (!document) {
      statement->Reset();
      return Fail(document.error());
    }
    bytes += document->json.size();
    page.documents.push_back(std::move(*document));
  }
  statement->Reset();
  return page;
}

}  // namespace tailrace::documents
