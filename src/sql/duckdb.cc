#include "sql/duckdb.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "sql/duckdb_internal.h"
#include "sql/exact_sum.h"

namespace tailrace::sql {
namespace {

// Whoever interrupts does so until he is told to stop: each try can be struck, all of them hardly.
constexpr int kRollbackTries = 10'000;

struct DestroyConfig {
  void operator()(duckdb_config config) const { duckdb_destroy_config(&config); }
};
using ConfigHandle = std::unique_ptr<_duckdb_config, DestroyConfig>;

struct Setting {
  const char* name;
  std::string value;
};

std::vector<Setting> OpenSettings(const DatabaseOptions& options) {
  std::vector<Setting> settings = {
      {"threads", std::to_string(options.threads)},
      {"temp_directory", options.temp_directory},
      {"max_temp_directory_size", fmt::format("{}B", options.temp_bytes_max)},
      {"checkpoint_threshold", fmt::format("{}B", options.checkpoint_bytes)},
      {"preserve_insertion_order", "true"},  // rows of a table come in the order they were committed
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"allow_persistent_secrets", "false"},
  };
  if (options.memory_bytes_max > 0) settings.push_back({"memory_limit", fmt::format("{}B", options.memory_bytes_max)});
  return settings;
}

Status RunPlain(Connection::Impl& connection, std::string_view sql) {
  ResultHandle result;
  if (duckdb_query(connection.handle, std::string(sql).c_str(), &result.value) == DuckDBSuccess) return {};
  const char* message = duckdb_result_error(&result.value);
  return Fail(connection.Failed(duckdb_result_error_type(&result.value), message == nullptr ? "" : message));
}

bool IsNested(duckdb_type type) {
  constexpr std::array kNested = {DUCKDB_TYPE_LIST,  DUCKDB_TYPE_STRUCT, DUCKDB_TYPE_MAP,  DUCKDB_TYPE_ARRAY,
                                  DUCKDB_TYPE_UNION, DUCKDB_TYPE_ENUM,   DUCKDB_TYPE_UUID, DUCKDB_TYPE_BIT};
  for (duckdb_type nested : kNested)
    if (type == nested) return true;
  return false;
}

bool HasNestedColumn(duckdb_result& result) {
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i)
    if (IsNested(duckdb_column_type(&result, i))) return true;
  return false;
}

std::vector<ResultColumn> ColumnsOf(duckdb_result& result) {
  std::vector<ResultColumn> columns;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    TypeHandle type(duckdb_column_logical_type(&result, i));
    columns.push_back({duckdb_column_name(&result, i), TypeName(type.get())});
  }
  return columns;
}

std::vector<std::vector<std::optional<std::string>>> RowsOf(duckdb_result& result) {
  std::vector<std::vector<std::optional<std::string>>> rows(duckdb_row_count(&result));
  for (idx_t y = 0; y < rows.size(); ++y) {
    for (idx_t x = 0; x < duckdb_column_count(&result); ++x) {
      TextHandle text(duckdb_value_is_null(&result, x, y) ? nullptr : duckdb_value_varchar(&result, x, y));
      rows[y].push_back(text ? std::optional<std::string>(text.get()) : std::nullopt);
    }
  }
  return rows;
}

std::string WithoutEnd(std::string_view sql) {
  const size_t end = sql.find_last_not_of("; \t\r\n");
  return std::string(sql.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

}  // namespace

Database::Impl::~Impl() {
  if (handle != nullptr) duckdb_close(&handle);
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Open(const DatabaseOptions& options) {
  duckdb_config raw_config = nullptr;
  TR_CHECK(duckdb_create_config(&raw_config) == DuckDBSuccess);
  ConfigHandle config(raw_config);
  for (const Setting& setting : OpenSettings(options)) {
    if (duckdb_set_config(config.get(), setting.name, setting.value.c_str()) != DuckDBSuccess)
      return Fail(Error::Invalid(fmt::format("DuckDB refuses {} = '{}'", setting.name, setting.value)));
  }
  auto impl = std::make_unique<Impl>();
  char* message = nullptr;
  if (duckdb_open_ext(options.path.c_str(), &impl->handle, config.get(), &message) != DuckDBSuccess) {
    TextHandle text(message);
    return Fail(
        Error::Unavailable(fmt::format("cannot open {}: {}", options.path, text ? text.get() : "no reason given")));
  }
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  TR_TRY(std::unique_ptr<Connection> connection, database->Connect());
  TR_RETURN_IF_ERROR(connection->Execute("SET GLOBAL TimeZone = 'UTC'"));
  TR_RETURN_IF_ERROR(RegisterExactSum(*connection));
  if (options.lock) TR_RETURN_IF_ERROR(LockDatabase(*connection, options.allowed_directories));
  return database;
}

// The order matters: directories cannot be allowed once access is off, and nothing can be set once the configuration is
// locked.
Status LockDatabase(Connection& connection, const std::vector<std::string>& allowed_directories) {
  std::string directories;
  for (const std::string& directory : allowed_directories) {
    if (!directories.empty()) directories += ", ";
    directories += QuoteLiteral(directory);
  }
  TR_RETURN_IF_ERROR(connection.Execute(fmt::format("SET allowed_directories = [{}]", directories)));
  TR_RETURN_IF_ERROR(connection.Execute("SET enable_external_access = false"));
  return connection.Execute("SET lock_configuration = true");
}

Result<std::unique_ptr<Connection>> Database::Connect() {
  auto impl = std::make_unique<Connection::Impl>();
  if (duckdb_connect(impl_->handle, &impl->handle) != DuckDBSuccess)
    return Fail(Error::Internal("DuckDB refuses a connection"));
  return std::unique_ptr<Connection>(new Connection(std::move(impl)));
}

Connection::Impl::~Impl() {
  if (handle != nullptr) duckdb_disconnect(&handle);
}

Error Connection::Impl::Failed(Error error) {
  failed = failed || in_transaction;
  return error;
}

Error Connection::Impl::Failed(duckdb_error_type type, std::string_view message) {
  return Failed(ErrorOf(type, message));
}

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() { Rollback(); }

Status Connection::Execute(std::string_view sql) { return RunPlain(*impl_, sql); }

Result<PreparedHandle> Prepare(Connection::Impl& connection, std::string_view sql) {
  duckdb_prepared_statement raw = nullptr;
  const duckdb_state state = duckdb_prepare(connection.handle, std::string(sql).c_str(), &raw);
  PreparedHandle statement(raw);
  if (state == DuckDBSuccess) return statement;
  const char* message = raw == nullptr ? nullptr : duckdb_prepare_error(raw);
  return Fail(connection.Failed(ErrorOfPrepare(message == nullptr ? "DuckDB gives no reason" : message)));
}

Result<TextResult> Connection::Query(std::string_view sql) {
  auto run = [this](const std::string& text, ResultHandle& result) -> Status {
    if (duckdb_query(impl_->handle, text.c_str(), &result.value) == DuckDBSuccess) return {};
    const char* message = duckdb_result_error(&result.value);
    return Fail(impl_->Failed(duckdb_result_error_type(&result.value), message == nullptr ? "" : message));
  };
  ResultHandle result;
  TR_RETURN_IF_ERROR(run(std::string(sql), result));
  TextResult answer{ColumnsOf(result.value), {}};
  if (!HasNestedColumn(result.value)) {
    answer.rows = RowsOf(result.value);
    return answer;
  }
  // The C API has no text for nested values; DuckDB itself has.
  ResultHandle as_text;
  TR_RETURN_IF_ERROR(run(fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ({}\n)", WithoutEnd(sql)), as_text));
  answer.rows = RowsOf(as_text.value);
  return answer;
}

Status Connection::Begin() {
  TR_CHECK(!impl_->in_transaction);
  TR_RETURN_IF_ERROR(RunPlain(*impl_, "BEGIN TRANSACTION"));
  impl_->in_transaction = true;
  impl_->failed = false;
  return {};
}

Status Connection::Commit() {
  TR_CHECK(impl_->in_transaction);
  Status status;
  if (impl_->failed) {
    status = Fail(Error::Internal("commit after a failure in the same transaction"));
  } else {
    // COMMIT of an aborted transaction reports success and keeps nothing; any other statement tells.
    status = RunPlain(*impl_, "SELECT 1");
    if (status) status = RunPlain(*impl_, "COMMIT");
  }
  if (!status) {
    Rollback();
    return status;
  }
  impl_->in_transaction = false;
  return {};
}

void Connection::Rollback() {
  if (!impl_->in_transaction) return;
  // A failed COMMIT has ended the transaction already; then ROLLBACK fails, and that is fine. One that an interrupt struck has ended nothing.
  for (int tries = 0; tries < kRollbackTries; ++tries) {
    const Status ended = RunPlain(*impl_, "ROLLBACK");
    if (ended || ended.error().code() != ErrorCode::kCancelled) break;
  }
  impl_->in_transaction = false;
  impl_->failed = false;
}

void Connection::Interrupt() { duckdb_interrupt(impl_->handle); }

}  // namespace tailrace::sql
