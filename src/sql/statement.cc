#include "sql/statement.h"

#include <utility>

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
  const duckdb_error_type type = duckdb_result_error_type(&result.value);
  const char* message = duckdb_result_error(&result.value);
  Error error = impl_->connection->Failed(type, message == nullptr ? "DuckDB gives no reason" : message);
  if (IsOfTheStatement(type)) return Fail(Error::Internal(error.message()));
  return Fail(std::move(error));
}

}  // namespace tailrace::sql
