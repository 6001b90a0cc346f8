#include "sql/row_function.h"

#include <utility>

#include "sql/chunk_batch_internal.h"
#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

struct Scan {
  const RowFunctionOptions* options = nullptr;
  std::unique_ptr<RowSource> rows;
};

template <typename T>
void Delete(void* pointer) {
  delete static_cast<T*>(pointer);
}

void Bind(duckdb_bind_info info) {
  const auto& options = *static_cast<RowFunctionOptions*>(duckdb_bind_get_extra_info(info));
  const TypeHandle type(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  for (const std::string& column : options.columns) duckdb_bind_add_result_column(info, column.c_str(), type.get());
}

void Init(duckdb_init_info info) {
  const auto& options = *static_cast<RowFunctionOptions*>(duckdb_init_get_extra_info(info));
  auto rows = options.open();
  if (!rows) {
    duckdb_init_set_error(info, rows.error().message().c_str());
    return;
  }
  duckdb_init_set_max_threads(info, 1);
  duckdb_init_set_init_data(info, new Scan{&options, std::move(*rows)}, &Delete<Scan>);
}

void SetText(duckdb_vector column, idx_t row, const std::optional<std::string>& text) {
  if (text) {
    duckdb_vector_assign_string_element_len(column, row, text->data(), text->size());
    return;
  }
  duckdb_vector_ensure_validity_writable(column);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(column), row);
}

void NextChunk(duckdb_function_info info, duckdb_data_chunk output) {
  auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
  const auto rows = scan.rows->Next(duckdb_vector_size());
  if (!rows) {
    duckdb_function_set_error(info, rows.error().message().c_str());
    return;
  }
  for (size_t c = 0; c < scan.options->columns.size(); ++c) {
    duckdb_vector column = duckdb_data_chunk_get_vector(output, c);
    for (size_t r = 0; r < rows->size(); ++r) SetText(column, r, (*rows)[r][c]);
  }
  duckdb_data_chunk_set_size(output, rows->size());
}

struct DestroyFunction {
  void operator()(duckdb_table_function function) const { duckdb_destroy_table_function(&function); }
};

}  // namespace

Status RegisterRowFunction(Connection& connection, RowFunctionOptions options) {
  const std::unique_ptr<_duckdb_table_function, DestroyFunction> function(
      static_cast<_duckdb_table_function*>(duckdb_create_table_function()));
  const std::string name = options.name;
  duckdb_table_function_set_name(function.get(), name.c_str());
  duckdb_table_function_set_extra_info(function.get(), new RowFunctionOptions(std::move(options)), &Delete<RowFunctionOptions>);
  duckdb_table_function_set_bind(function.get(), &Bind);
  duckdb_table_function_set_init(function.get(), &Init);
  duckdb_table_function_set_function(function.get(), &NextChunk);
  if (duckdb_register_table_function(connection.impl().handle, function.get()) == DuckDBSuccess) return {};
  return Fail(Error::Internal("DuckDB refuses the function " + name));
}

}  // namespace tailrace::sql
