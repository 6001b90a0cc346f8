#include "sql/chunk_appender.h"

#include <utility>

#include "base/check.h"
#include "sql/chunk_batch_internal.h"

namespace tailrace::sql {
namespace {

struct DestroyAppender {
  void operator()(duckdb_appender appender) const {
    // Destroying an appender writes what it still holds.
    duckdb_appender_clear(appender);
    duckdb_appender_destroy(&appender);
  }
};
using AppenderHandle = std::unique_ptr<_duckdb_appender, DestroyAppender>;

}  // namespace

struct ChunkAppender::Impl {
  Connection::Impl* connection = nullptr;
  std::shared_ptr<const BatchLayout> layout;
  Table table;
  AppenderHandle appender;
  ChunkHandle chunk;  // shows the rows of one of the batch's chunks
  bool failed = false;

  Result<int64_t> AppendPart(const BatchRows& rows);

  Error Failed(std::string_view fallback) {
    failed = true;
    duckdb_error_data data = duckdb_appender_error_data(appender.get());
    const bool known = duckdb_error_data_has_error(data);
    Error error = known ? connection->Failed(duckdb_error_data_error_type(data), duckdb_error_data_message(data))
                        : connection->Failed(Error::Internal(std::string(fallback)));
    duckdb_destroy_error_data(&data);
    return error;
  }
};

ChunkAppender::ChunkAppender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChunkAppender::ChunkAppender(ChunkAppender&&) noexcept = default;
ChunkAppender& ChunkAppender::operator=(ChunkAppender&&) noexcept = default;
ChunkAppender::~ChunkAppender() = default;

Result<ChunkAppender> ChunkAppender::Create(Connection& connection, std::shared_ptr<const BatchLayout> layout,
                                            const Table& table) {
  TR_CHECK(table.columns <= layout->columns().size());
  auto impl = std::make_unique<Impl>();
  impl->connection = &connection.impl();
  impl->table = table;
  duckdb_appender raw = nullptr;
  const duckdb_state state =
      duckdb_appender_create(connection.impl().handle, table.schema.c_str(), table.name.c_str(), &raw);
  impl->appender.reset(raw);
  if (state != DuckDBSuccess) return Fail(impl->Failed("DuckDB refuses an appender to " + table.name));
  if (duckdb_appender_column_count(raw) != table.columns) {
    return Fail(Error::Internal(table.name + " has not the columns of its batches"));
  }
  auto types = layout->types().handles;
  impl->chunk.reset(duckdb_create_data_chunk(types.data(), table.columns));
  impl->layout = std::move(layout);
  return ChunkAppender(std::move(impl));
}

Result<int64_t> ChunkAppender::Append(std::span<const BatchRows> parts) {
  if (impl_->failed) return Fail(Error::Internal("appending to " + impl_->table.name + " after a failure"));
  if (!impl_->connection->in_transaction)
    return Fail(Error::Internal("appending to " + impl_->table.name + " outside of a transaction"));
  int64_t appended = 0;
  for (const BatchRows& rows : parts) {
    TR_TRY(const int64_t of_part, impl_->AppendPart(rows));
    appended += of_part;
  }
  if (duckdb_appender_flush(impl_->appender.get()) != DuckDBSuccess)
    return Fail(impl_->Failed("flush to " + impl_->table.name));
  return appended;
}

Result<int64_t> ChunkAppender::Impl::AppendPart(const BatchRows& rows) {
  TR_CHECK(&rows.batch->layout() == layout.get());
  const RowSelection selection{rows.begin, rows.end, rows.excluded};
  SelectionCursor cursor(*rows.batch, selection);
  int64_t appended = 0;
  while (cursor.Next()) {
    for (size_t i = 0; i < table.columns; ++i) cursor.Refer(duckdb_data_chunk_get_vector(chunk.get(), i), i);
    duckdb_data_chunk_set_size(chunk.get(), cursor.count());
    // Its own answer, for the flush reports success also when a chunk was refused.
    if (duckdb_append_data_chunk(appender.get(), chunk.get()) != DuckDBSuccess)
      return Fail(Failed("a chunk was refused by " + table.name));
    appended += static_cast<int64_t>(cursor.count());
  }
  return appended;
}

}  // namespace tailrace::sql
