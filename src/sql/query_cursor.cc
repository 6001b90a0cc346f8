#include "sql/query_cursor.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/check.h"
#include "model/row_sink.h"
#include "model/scalar_reader.h"
#include "sql/chunk_batch_internal.h"
#include "sql/duckdb_internal.h"
#include "sql/value_text.h"

namespace tailrace::sql {
namespace {

struct DestroyPending {
  void operator()(duckdb_pending_result pending) const { duckdb_destroy_pending(&pending); }
};
using PendingHandle = std::unique_ptr<_duckdb_pending_result, DestroyPending>;

struct DestroyValue {
  void operator()(duckdb_value value) const { duckdb_destroy_value(&value); }
};
using ValueHandle = std::unique_ptr<_duckdb_value, DestroyValue>;

// Other threads run the query's tasks; looked at again after this.
constexpr std::chrono::microseconds kTaskWait(200);

// Binds the one value that it is given.
class BindingSink final : public ValueSink {
 public:
  BindingSink(duckdb_prepared_statement statement, idx_t index, const Type& type)
      : statement_(statement), index_(index), type_(type) {}

  void Null() override { Note(duckdb_bind_null(statement_, index_)); }
  void Bool(bool value) override { Note(duckdb_bind_boolean(statement_, index_, value)); }
  void Int(int64_t value) override { Note(duckdb_bind_int64(statement_, index_, value)); }
  void Double(double value) override { Note(duckdb_bind_double(statement_, index_, value)); }
  void Decimal(Int128 value) override {
    const duckdb_hugeint digits{static_cast<uint64_t>(value), static_cast<int64_t>(value >> 64)};
    ValueHandle decimal(duckdb_create_decimal({type_.width, type_.scale, digits}));
    Note(duckdb_bind_value(statement_, index_, decimal.get()));
  }
  void String(std::string_view utf8) override {
    Note(duckdb_bind_varchar_length(statement_, index_, utf8.data(), utf8.size()));
  }
  void Date(int32_t days) override { Note(duckdb_bind_date(statement_, index_, {days})); }
  void Timestamp(int64_t micros) override { Note(duckdb_bind_timestamp(statement_, index_, {micros})); }
  ValueSink& Field(size_t) override { return Nested(); }
  ValueSink& Element() override { return Nested(); }
  ValueSink& Entry(std::string_view) override { return Nested(); }
  void End() override { Nested(); }

  bool bound() const { return bound_; }

 private:
  void Note(duckdb_state state) { bound_ = state == DuckDBSuccess; }
  ValueSink& Nested() {
    bound_ = false;
    return *this;
  }

  duckdb_prepared_statement statement_;
  idx_t index_;
  const Type& type_;
  bool bound_ = false;
};

bool IsScalar(const Type& type) {
  return type.kind != TypeKind::kStruct && type.kind != TypeKind::kList && type.kind != TypeKind::kMap;
}

Status BindParameter(duckdb_prepared_statement statement, idx_t index, const BoundParameter& parameter) {
  BindingSink sink(statement, index, parameter.type);
  bool read = true;
  if (!parameter.text) {
    sink.Null();
  } else if (parameter.type.kind == TypeKind::kString || parameter.type.kind == TypeKind::kJson) {
    sink.String(*parameter.text);
  } else {
    read = IsScalar(parameter.type) && ScalarReader(parameter.type).ReadText(*parameter.text, &sink);
  }
  if (read && sink.bound()) return {};
  return Fail(Error::Invalid(fmt::format("parameter {}: expected {}, found \"{}\"", parameter.name,
                                         TypeExpectation(parameter.type), parameter.text.value_or("null"))));
}

// A parameter that the text does not use is fine; one that it uses and is not given is not.
Status BindAll(duckdb_prepared_statement statement, std::span<const BoundParameter> parameters) {
  for (idx_t index = 1; index <= duckdb_nparams(statement); ++index) {
    const TextHandle name(const_cast<char*>(duckdb_parameter_name(statement, index)));
    const BoundParameter* given = nullptr;
    for (const BoundParameter& parameter : parameters) {
      if (name && parameter.name == name.get()) given = &parameter;
    }
    if (given == nullptr)
      return Fail(Error::Invalid(fmt::format("parameter ${} is not given", name ? name.get() : "")));
    TR_RETURN_IF_ERROR(BindParameter(statement, index, *given));
  }
  return {};
}

Error Stopped() { return Error::Cancelled("the query was stopped"); }

}  // namespace

struct QueryCursor::Impl {
  // What still runs is told to end, for DuckDB waits for its other threads when a result goes away.
  ~Impl() {
    if (pending != nullptr && !ended) connection->Interrupt();
  }

  Connection* connection = nullptr;
  bool ended = false;
  std::stop_token stop;
  PreparedHandle statement;
  PendingHandle pending;
  ResultHandle result;
  std::vector<ResultColumn> columns;
  std::vector<std::unique_ptr<ValueText>> texts;

  ChunkHandle chunk;
  size_t rows = 0;
  std::string buffer;                    // texts of the block, one behind the other
  std::vector<std::string_view> values;  // row by row, into `buffer`

  Error ErrorOfResult() {
    const char* message = duckdb_result_error(&result.value);
    return connection->impl().Failed(duckdb_result_error_type(&result.value),
                                     message == nullptr ? "DuckDB gives no reason" : message);
  }

  Status Start();
  Status ReadColumns();
  void ReadBlock();
};

// Runs task by task, for an interrupt that comes before the first one is forgotten.
Status QueryCursor::Impl::Start() {
  duckdb_pending_result raw = nullptr;
  const duckdb_state state = duckdb_pending_prepared_streaming(statement.get(), &raw);
  pending.reset(raw);
  if (state != DuckDBSuccess) return Fail(connection->impl().Failed(ErrorOfPrepare(duckdb_pending_error(raw))));
  while (true) {
    if (stop.stop_requested()) return Fail(Stopped());
    const duckdb_pending_state progress = duckdb_pending_execute_task(raw);
    if (progress == DUCKDB_PENDING_RESULT_READY || progress == DUCKDB_PENDING_ERROR) break;
    if (progress == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(kTaskWait);
  }
  if (duckdb_execute_pending(raw, &result.value) != DuckDBSuccess) {
    Error error = ErrorOfResult();
    return Fail(stop.stop_requested() ? Stopped() : std::move(error));
  }
  return {};
}

Status QueryCursor::Impl::ReadColumns() {
  for (idx_t i = 0; i < duckdb_column_count(&result.value); ++i) {
    TypeHandle type(duckdb_column_logical_type(&result.value, i));
    const char* name = duckdb_column_name(&result.value, i);
    columns.push_back({name == nullptr ? "" : name, TypeName(type.get())});
    TR_TRY(std::unique_ptr<ValueText> text, MakeValueText(type.get()));
    texts.push_back(std::move(text));
  }
  return {};
}

void QueryCursor::Impl::ReadBlock() {
  rows = duckdb_data_chunk_get_size(chunk.get());
  buffer.clear();
  std::vector<size_t> ends;
  ends.reserve(rows * texts.size());
  for (size_t i = 0; i < texts.size(); ++i) texts[i]->Attach(duckdb_data_chunk_get_vector(chunk.get(), i));
  for (size_t row = 0; row < rows; ++row) {
    for (const auto& text : texts) {
      text->AppendJson(row, &buffer);
      ends.push_back(buffer.size());
    }
  }
  values.clear();
  size_t begin = 0;
  for (size_t end : ends) {
    values.push_back(std::string_view(buffer).substr(begin, end - begin));
    begin = end;
  }
}

QueryCursor::QueryCursor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
QueryCursor::~QueryCursor() = default;

Result<std::unique_ptr<QueryCursor>> QueryCursor::Open(Connection& connection, std::string_view sql,
                                                       std::span<const BoundParameter> parameters,
                                                       std::stop_token stop) {
  auto impl = std::make_unique<Impl>();
  impl->connection = &connection;
  impl->stop = std::move(stop);
  const std::stop_callback interrupt(impl->stop, [&connection] { connection.Interrupt(); });
  TR_TRY(impl->statement, Prepare(connection.impl(), sql));
  TR_RETURN_IF_ERROR(BindAll(impl->statement.get(), parameters));
  TR_RETURN_IF_ERROR(impl->Start());
  TR_RETURN_IF_ERROR(impl->ReadColumns());
  return std::unique_ptr<QueryCursor>(new QueryCursor(std::move(impl)));
}

const std::vector<ResultColumn>& QueryCursor::columns() const { return impl_->columns; }

Result<bool> QueryCursor::Next() {
  if (impl_->stop.stop_requested()) return Fail(Stopped());
  Connection* connection = impl_->connection;
  const std::stop_callback interrupt(impl_->stop, [connection] { connection->Interrupt(); });
  impl_->chunk.reset(duckdb_fetch_chunk(impl_->result.value));
  if (impl_->stop.stop_requested()) return Fail(Stopped());
  if (impl_->chunk == nullptr || duckdb_data_chunk_get_size(impl_->chunk.get()) == 0) {
    const char* message = duckdb_result_error(&impl_->result.value);
    if (message != nullptr && *message != '\0') return Fail(impl_->ErrorOfResult());
    impl_->rows = 0;
    impl_->ended = true;
    return false;
  }
  impl_->ReadBlock();
  return true;
}

size_t QueryCursor::row_count() const { return impl_->rows; }

std::span<const std::string_view> QueryCursor::Row(size_t row) const {
  return std::span(impl_->values).subspan(row * impl_->columns.size(), impl_->columns.size());
}

std::optional<std::string> QueryCursor::Plain(size_t row, size_t column) const {
  if (impl_->texts[column]->IsNull(row)) return std::nullopt;
  std::string text;
  impl_->texts[column]->AppendPlain(row, &text);
  return text;
}

}  // namespace tailrace::sql
