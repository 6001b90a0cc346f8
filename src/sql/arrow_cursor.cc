#include "sql/arrow_cursor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sql/arrow_abi.h"
#include "sql/arrow_ipc.h"
#include "sql/query_run.h"

namespace tailrace::sql {
namespace {

// How DuckDB is to spell its types. DuckDB's handle, which it makes and takes back.
struct ArrowOptions {
  duckdb_arrow_options value = nullptr;
  ArrowOptions() = default;
  ArrowOptions(const ArrowOptions&) = delete;
  ArrowOptions& operator=(const ArrowOptions&) = delete;
  ~ArrowOptions() { duckdb_destroy_arrow_options(&value); }
};

Status Checked(duckdb_error_data error) {
  if (error == nullptr) return {};
  Status status;
  if (duckdb_error_data_has_error(error)) status = Fail(ErrorOf(duckdb_error_data_error_type(error), duckdb_error_data_message(error)));
  duckdb_destroy_error_data(&error);
  return status;
}

}  // namespace

struct ArrowCursor::Impl {
  ArrowOptions options;
  ArrowOwner<ArrowSchema> schema;
  std::unique_ptr<QueryRun> run;

  Status ReadSchema();
};

Status ArrowCursor::Impl::ReadSchema() {
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (const TypeHandle& type : run->types()) types.push_back(type.get());
  for (const ResultColumn& column : run->columns()) names.push_back(column.name.c_str());
  return Checked(duckdb_to_arrow_schema(options.value, types.data(), names.data(), types.size(), &schema.value));
}

ArrowCursor::ArrowCursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ArrowCursor::~ArrowCursor() = default;

Result<std::unique_ptr<ArrowCursor>> ArrowCursor::Open(Connection& connection, std::string_view sql, std::span<const BoundParameter> parameters,
                                                       std::stop_token stop, std::string* out) {
  auto impl = std::make_unique<Impl>();
  duckdb_connection_get_arrow_options(connection.impl().handle, &impl->options.value);
  TR_TRY(impl->run, QueryRun::Start(connection, sql, parameters, std::move(stop)));
  TR_RETURN_IF_ERROR(impl->ReadSchema());
  TR_RETURN_IF_ERROR(AppendArrowSchema(impl->schema.value, out));
  return std::unique_ptr<ArrowCursor>(new ArrowCursor(std::move(impl)));
}

Result<size_t> ArrowCursor::Next(size_t rows_max, std::string* out) {
  TR_TRY(const duckdb_data_chunk chunk, impl_->run->Next());
  if (chunk == nullptr) return size_t{0};
  const size_t rows = duckdb_data_chunk_get_size(chunk);
  const size_t kept = std::min(rows, rows_max);
  if (kept == 0) return rows;
  duckdb_data_chunk_set_size(chunk, kept);
  ArrowOwner<ArrowArray> batch;
  TR_RETURN_IF_ERROR(Checked(duckdb_data_chunk_to_arrow(impl_->options.value, chunk, &batch.value)));
  TR_RETURN_IF_ERROR(AppendArrowBatch(impl_->schema.value, batch.value, out));
  return rows;
}

void ArrowCursor::End(std::string* out) { AppendArrowEnd(out); }

}  // namespace tailrace::sql
