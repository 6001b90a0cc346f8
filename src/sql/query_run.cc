#include "sql/query_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "model/row_sink.h"
#include "model/scalar_reader.h"

namespace tailrace::sql {
namespace {

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

// DuckDB compares them without case.
bool IsSameParameter(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// A parameter that the text does not use is fine; one that it uses and is not given is not.
Status BindAll(duckdb_prepared_statement statement, std::span<const BoundParameter> parameters) {
  for (idx_t index = 1; index <= duckdb_nparams(statement); ++index) {
    const TextHandle name(const_cast<char*>(duckdb_parameter_name(statement, index)));
    const BoundParameter* given = nullptr;
    for (const BoundParameter& parameter : parameters) {
      if (name && IsSameParameter(parameter.name, name.get())) given = &parameter;
    }
    if (given == nullptr)
      return Fail(Error::Invalid(fmt::format("parameter ${} is not given", name ? name.get() : "")));
    TR_RETURN_IF_ERROR(BindParameter(statement, index, *given));
  }
  return {};
}

Error Stopped() { return Error::Cancelled("the query was stopped"); }

}  // namespace

QueryRun::~QueryRun() {
  if (pending_ != nullptr && !ended_) connection_->Interrupt();
}

Result<std::unique_ptr<QueryRun>> QueryRun::Start(Connection& connection, std::string_view sql, std::span<const BoundParameter> parameters,
                                                  std::stop_token stop) {
  std::unique_ptr<QueryRun> run(new QueryRun(connection, std::move(stop)));
  const std::stop_callback interrupt(run->stop_, [&connection] { connection.Interrupt(); });
  TR_TRY(run->statement_, Prepare(connection.impl(), sql));
  TR_RETURN_IF_ERROR(BindAll(run->statement_.get(), parameters));
  TR_RETURN_IF_ERROR(run->Execute());
  run->ReadColumns();
  return run;
}

// Runs task by task, for an interrupt that comes before the first one is forgotten.
Status QueryRun::Execute() {
  duckdb_pending_result raw = nullptr;
  const duckdb_state state = duckdb_pending_prepared_streaming(statement_.get(), &raw);
  pending_.reset(raw);
  if (state != DuckDBSuccess) return Fail(connection_->impl().Failed(ErrorOfPrepare(duckdb_pending_error(raw))));
  while (true) {
    if (stop_.stop_requested()) return Fail(Stopped());
    const duckdb_pending_state progress = duckdb_pending_execute_task(raw);
    if (progress == DUCKDB_PENDING_RESULT_READY || progress == DUCKDB_PENDING_ERROR) break;
    if (progress == DUCKDB_PENDING_NO_TASKS_AVAILABLE) std::this_thread::sleep_for(kTaskWait);
  }
  if (duckdb_execute_pending(raw, &result_.value) != DuckDBSuccess) {
    Error error = ErrorOfResult();
    return Fail(stop_.stop_requested() ? Stopped() : std::move(error));
  }
  return {};
}

void QueryRun::ReadColumns() {
  for (idx_t i = 0; i < duckdb_column_count(&result_.value); ++i) {
    types_.emplace_back(duckdb_column_logical_type(&result_.value, i));
    const char* name = duckdb_column_name(&result_.value, i);
    columns_.push_back({name == nullptr ? "" : name, TypeName(types_.back().get())});
  }
}

Error QueryRun::ErrorOfResult() {
  const char* message = duckdb_result_error(&result_.value);
  return connection_->impl().Failed(duckdb_result_error_type(&result_.value), message == nullptr ? "DuckDB gives no reason" : message);
}

Result<duckdb_data_chunk> QueryRun::Next() {
  if (stop_.stop_requested()) return Fail(Stopped());
  const std::stop_callback interrupt(stop_, [this] { connection_->Interrupt(); });
  chunk_.reset(duckdb_fetch_chunk(result_.value));
  if (stop_.stop_requested()) return Fail(Stopped());
  if (chunk_ != nullptr && duckdb_data_chunk_get_size(chunk_.get()) > 0) return chunk_.get();
  const char* message = duckdb_result_error(&result_.value);
  if (message != nullptr && *message != '\0') return Fail(ErrorOfResult());
  ended_ = true;
  return nullptr;
}

}  // namespace tailrace::sql
