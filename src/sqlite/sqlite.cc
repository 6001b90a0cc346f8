#include "sqlite/sqlite.h"

#include <sqlite3.h>

#include <cstdio>
#include <utility>

#include "base/check.h"
#include "sqlite/page_checksums.h"

namespace tailrace::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kPageBytes = 8192;
// Of one connection each; LimitMemory bounds all together.
constexpr int kWriterCacheKiB = 65536;
constexpr int kReaderCacheKiB = 16384;

ErrorCode CodeOf(int code, std::string_view message) {
  if (code == SQLITE_IOERR_DATA) return ErrorCode::kCorruption;
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return ErrorCode::kExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorruption;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return ErrorCode::kUnavailable;
    case SQLITE_ERROR:
      return message.starts_with("no such table") ? ErrorCode::kNotFound : ErrorCode::kInternal;
    default:
      return ErrorCode::kInternal;
  }
}

Error ErrorOf(sqlite3* connection) {
  const int code = sqlite3_extended_errcode(connection);
  const std::string message = code == SQLITE_IOERR_DATA ? "a page is not what was written: its checksum differs" : sqlite3_errmsg(connection);
  const char* const path = sqlite3_db_filename(connection, "main");
  const Error error(CodeOf(code, message), "sqlite: " + message);
  return path == nullptr || *path == '\0' ? error : error.With(path);
}

std::string OpeningStatements(const Options& options) {
  if (options.read_only) return "PRAGMA cache_size=" + std::to_string(-kReaderCacheKiB) + ";";
  // FULL: a commit is on the disk when it returns, also in WAL mode. The page size counts for a new file only.
  std::string sql = "PRAGMA page_size=" + std::to_string(kPageBytes) + ";";
  sql += "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=" + std::to_string(-kWriterCacheKiB) + "; PRAGMA wal_autocheckpoint=2000;";
  if (options.file_bytes_max > 0) {
    sql += "PRAGMA max_page_count=" + std::to_string(options.file_bytes_max / kPageBytes) + ";";
  }
  return sql;
}

}  // namespace

void LimitMemory(int64_t bytes_max) { sqlite3_soft_heap_limit64(bytes_max); }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::BindText(int place, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = text.data() == nullptr ? "" : text.data();
  TR_CHECK(sqlite3_bind_text64(statement_.get(), place, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
}

void Statement::BindInt(int place, int64_t value) {
  TR_CHECK(sqlite3_bind_int64(statement_.get(), place, value) == SQLITE_OK);
}

void Statement::BindNull(int place) { TR_CHECK(sqlite3_bind_null(statement_.get(), place) == SQLITE_OK); }

Result<bool> Statement::Step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = ErrorOf(sqlite3_db_handle(statement_.get()));
  Reset();
  return Fail(std::move(error));
}

Status Statement::Run() {
  TR_TRY(bool row, Step());
  TR_CHECK(!row);
  Reset();
  return {};
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

std::string_view Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<std::unique_ptr<Connection>> Connection::Open(const Options& options) {
  TR_TRY(const char* const file_system, CheckedFileSystem());
  sqlite3* raw = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  int code = sqlite3_open_v2(options.path.c_str(), &raw, flags, file_system);
  std::unique_ptr<Connection> connection(new Connection(raw));
  if (code != SQLITE_OK) return Fail(ErrorOf(raw));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  if (!options.read_only) KeepRoomForChecksums(raw);
  if (Status set = connection->Execute(OpeningStatements(options)); !set) return Fail(set.error());
  return connection;
}

Status Connection::Execute(const std::string& sql) {
  if (sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return Fail(ErrorOf(connection_.get()));
}

Result<Statement> Connection::Prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                &raw, nullptr);
  if (code != SQLITE_OK) return Fail(ErrorOf(connection_.get()));
  return Statement(raw);
}

Result<Transaction> Transaction::Begin(Connection& connection) {
  TR_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  return Transaction(&connection);
}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // SQLite has rolled back by itself after some errors (a full disk); then there is nothing left to do here.
  (void)connection_->Execute("ROLLBACK");
}

Status Transaction::Commit() {
  TR_RETURN_IF_ERROR(connection_->Execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

std::string QuoteName(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

}  // namespace tailrace::sqlite
