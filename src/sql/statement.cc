#include "sql/statement.h"

#include <utility>

#include "sql/chunk_batch_internal.h"
#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

// Binding again finds a table or column gone. No record is to blame for that.
bool IsOfTheStatement(duckdb_error_type type) {
  return type == DUCKDB_ERROR_CATALOG || type == DUCKDB_ERROR_BINDER || type == DUCKDB_ERROR_PARSER ||
         type == DUCKDB_ERROR_SYNTAX || type == DUCKDB_ERROR_PERMISSION;
}

}  // namespace

struct Statement::Impl {
  Connection::Impl* connection = nullptr;
  PreparedHandle prepared;
};

Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Statement::Statement(Statement&&) noexcept = default;
Statement& Statement::operator=(Statement&&) noexcept = default;
Statement::~Statement() = default;

Result<Statement> Statement::Prepare(Connection& connection, std::string_view sql) {
  auto impl = std::make_unique<Impl>();
  impl->connection = &connection.impl();
  TR_TRY(impl->prepared, sql::Prepare(connection.impl(), sql));
  return Statement(std::move(impl));
}

Result<int64_t> Statement::Run() {
  ResultHandle result;
  if (duckdb_execute_prepared(impl_->prepared.get(), &result.value) == DuckDBSuccess) {
    return static_cast<int64_t>(duckdb_rows_changed(&result.value));
  }
  return Fail(Failed(&result.value));
}

Result<std::vector<int64_t>> Statement::RunForNumbers() {
  ResultHandle result;
  if (duckdb_execute_prepared(impl_->prepared.get(), &result.value) != DuckDBSuccess) return Fail(Failed(&result.value));
  const ChunkHandle chunk(duckdb_fetch_chunk(result.value));
  if (chunk == nullptr || duckdb_data_chunk_get_size(chunk.get()) == 0)
    return Fail(impl_->connection->Failed(Error::Internal("a statement that gives a row gave none")));
  std::vector<int64_t> numbers;
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(chunk.get()); ++i) {
    duckdb_vector column = duckdb_data_chunk_get_vector(chunk.get(), i);
    numbers.push_back(*static_cast<int64_t*>(duckdb_vector_get_data(column)));
  }
  return numbers;
}

Error Statement::Failed(void* failed_result) const {
  auto* result = static_cast<duckdb_result*>(failed_result);
  const duckdb_error_type type = duckdb_result_error_type(result);
  const char* message = duckdb_result_error(result);
  Error error = impl_->connection->Failed(type, message == nullptr ? "DuckDB gives no reason" : message);
  return IsOfTheStatement(type) ? Error::Internal(error.message()) : error;
}

}  // namespace tailrace::sql
