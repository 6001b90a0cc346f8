#include "sql/batch_function.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <utility>

#include "base/check.h"
#include "sql/chunk_batch_internal.h"

namespace tailrace::sql {

// What the function reads; DuckDB's function holds a share of it, and so outlives the relation without harm.
struct BatchRelation::Source {
  std::shared_ptr<const BatchLayout> layout;
  bool with_row_number = false;
  const ChunkBatch* batch = nullptr;
  RowSelection rows;
  RowSpan last;  // handed out
};

namespace {

using Source = BatchRelation::Source;
using SourceHandle = std::shared_ptr<Source>;

// What DuckDB plans with; a batch is a few ten thousand rows.
constexpr idx_t kExpectedRows = 20'000;

// One scan.
struct Scan {
  explicit Scan(Source& from) : source(&from), cursor(*from.batch, from.rows) {}
  Source* source;
  SelectionCursor cursor;
  std::vector<idx_t> columns;  // projected
};

template <typename T>
void Delete(void* pointer) {
  delete static_cast<T*>(pointer);
}

void Bind(duckdb_bind_info info) {
  const Source& source = **static_cast<SourceHandle*>(duckdb_bind_get_extra_info(info));
  const auto& columns = source.layout->columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    duckdb_bind_add_result_column(info, columns[i].name.c_str(), source.layout->types().handles[i]);
  }
  if (source.with_row_number) {
    TypeHandle type(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    duckdb_bind_add_result_column(info, std::string(BatchRelation::kRowNumberColumn).c_str(), type.get());
  }
  duckdb_bind_set_cardinality(info, kExpectedRows, false);
}

void Init(duckdb_init_info info) {
  Source& source = **static_cast<SourceHandle*>(duckdb_init_get_extra_info(info));
  if (source.batch == nullptr) {
    duckdb_init_set_error(info, "no batch is shown");
    return;
  }
  auto scan = std::make_unique<Scan>(source);
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
    scan->columns.push_back(duckdb_init_get_column_index(info, i));
  }
  duckdb_init_set_max_threads(info, 1);
  duckdb_init_set_init_data(info, scan.release(), &Delete<Scan>);
}

void WriteRowNumbers(const SelectionCursor& cursor, duckdb_vector target) {
  auto* numbers = static_cast<int64_t*>(duckdb_vector_get_data(target));
  for (size_t i = 0; i < cursor.count(); ++i)
    numbers[i] = static_cast<int64_t>(cursor.first_row() + cursor.places()[i]);
}

void NextChunk(duckdb_function_info info, duckdb_data_chunk output) {
  auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
  if (!scan.cursor.Next()) {
    duckdb_data_chunk_set_size(output, 0);
    return;
  }
  const size_t batch_columns = scan.source->layout->columns().size();
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    duckdb_vector target = duckdb_data_chunk_get_vector(output, i);
    if (scan.columns[i] < batch_columns) {
      scan.cursor.Refer(target, scan.columns[i]);
    } else if (scan.source->with_row_number && scan.columns[i] == batch_columns) {
      WriteRowNumbers(scan.cursor, target);
    }
    // Else a column that only counts rows; what it holds is not read.
  }
  duckdb_data_chunk_set_size(output, scan.cursor.count());
  scan.source->last = {scan.cursor.first_row() + scan.cursor.places().front(), scan.cursor.first_row() + scan.cursor.places().back() + 1};
}

struct DestroyFunction {
  void operator()(duckdb_table_function function) const { duckdb_destroy_table_function(&function); }
};

// Functions are the instance's, not the connection's, so each relation takes a name of its own.
std::string NextFunctionName() {
  static std::atomic<int64_t> next = 0;
  return fmt::format("tailrace_batch_{}", next.fetch_add(1));
}

}  // namespace

BatchRelation::BatchRelation(std::shared_ptr<Source> source) : source_(std::move(source)) {}
BatchRelation::~BatchRelation() { Hide(); }

Result<std::unique_ptr<BatchRelation>> BatchRelation::Create(Connection& connection,
                                                             std::shared_ptr<const BatchLayout> layout,
                                                             const BatchRelationOptions& options) {
  auto source = std::make_shared<Source>();
  source->layout = std::move(layout);
  source->with_row_number = options.with_row_number;
  const std::string function_name = NextFunctionName();
  std::unique_ptr<_duckdb_table_function, DestroyFunction> function(
      static_cast<_duckdb_table_function*>(duckdb_create_table_function()));
  duckdb_table_function_set_name(function.get(), function_name.c_str());
  duckdb_table_function_set_extra_info(function.get(), new SourceHandle(source), &Delete<SourceHandle>);
  duckdb_table_function_set_bind(function.get(), &Bind);
  duckdb_table_function_set_init(function.get(), &Init);
  duckdb_table_function_set_function(function.get(), &NextChunk);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection.impl().handle, function.get()) != DuckDBSuccess) {
    return Fail(Error::Internal("DuckDB refuses the batch function of " + options.name));
  }
  TR_RETURN_IF_ERROR(connection.Execute(
      fmt::format("CREATE TEMPORARY VIEW {} AS FROM {}()", QuoteIdentifier(options.name), function_name)));
  return std::unique_ptr<BatchRelation>(new BatchRelation(std::move(source)));
}

void BatchRelation::Show(BatchRows rows) {
  TR_CHECK(rows.batch != nullptr && &rows.batch->layout() == source_->layout.get());
  source_->batch = rows.batch;
  source_->rows = {rows.begin, rows.end, std::move(rows.excluded), rows.at_once, rows.times};
  source_->last = {};
}

RowSpan BatchRelation::last_handed_out() const { return source_->last; }

void BatchRelation::Hide() {
  source_->batch = nullptr;
  source_->rows = {};
}

}  // namespace tailrace::sql
