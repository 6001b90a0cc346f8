#include "sql/exact_sum.h"

#include <new>

#include "sql/duckdb_internal.h"
#include "sql/exact_number.h"

namespace tailrace::sql {
namespace {

struct State {
  ExactMoments moments;
  bool squares = false;
};

State& StateAt(duckdb_aggregate_state* states, idx_t row) { return *reinterpret_cast<State*>(states[row]); }

idx_t StateSize(duckdb_function_info) { return sizeof(State); }
void InitState(duckdb_function_info, duckdb_aggregate_state state) { new (state) State(); }
void DestroyStates(duckdb_aggregate_state* states, idx_t count) {
  for (idx_t i = 0; i < count; ++i) StateAt(states, i).~State();
}

void Combine(duckdb_function_info, duckdb_aggregate_state* sources, duckdb_aggregate_state* targets, idx_t count) {
  for (idx_t i = 0; i < count; ++i) {
    State& target = StateAt(targets, i);
    const State& source = StateAt(sources, i);
    target.moments.Merge(source.moments);
    target.squares = target.squares || source.squares;
  }
}

bool IsValid(const uint64_t* validity, idx_t row) {
  return validity == nullptr || (validity[row / 64] >> (row % 64) & 1) != 0;
}

template <bool kSquares>
void UpdateFromDoubles(duckdb_function_info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  const auto* values = static_cast<const double*>(duckdb_vector_get_data(vector));
  const uint64_t* validity = duckdb_vector_get_validity(vector);
  for (idx_t i = 0; i < duckdb_data_chunk_get_size(input); ++i) {
    if (!IsValid(validity, i)) continue;
    State& state = StateAt(states, i);
    state.moments.Add(values[i], kSquares);
    state.squares = kSquares;
  }
}

std::string_view BytesOf(duckdb_string_t& value) {
  return {duckdb_string_t_data(&value), duckdb_string_t_length(value)};
}

void UpdateFromStates(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state* states) {
  duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  const uint64_t* validity = duckdb_vector_get_validity(vector);
  for (idx_t i = 0; i < duckdb_data_chunk_get_size(input); ++i) {
    if (!IsValid(validity, i)) continue;
    State& state = StateAt(states, i);
    const std::string_view bytes = BytesOf(values[i]);
    if (!state.moments.MergeEncoded(bytes)) {
      duckdb_aggregate_function_set_error(info, "the kept state of a sum of doubles is damaged");
      return;
    }
    state.squares = state.squares || ExactMoments::HasSquares(bytes);
  }
}

void SetNull(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void FinishAsState(duckdb_function_info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                   idx_t offset) {
  for (idx_t i = 0; i < count; ++i) {
    const State& state = StateAt(states, i);
    if (state.moments.count() == 0) {
      SetNull(result, offset + i);
      continue;
    }
    const std::string bytes = state.moments.Encode(state.squares);
    duckdb_vector_assign_string_element_len(result, offset + i, bytes.data(), bytes.size());
  }
}

using Answer = std::optional<double> (*)(const ExactMoments&);

template <Answer kAnswer>
void FinishAsDouble(duckdb_function_info, duckdb_aggregate_state* states, duckdb_vector result, idx_t count,
                    idx_t offset) {
  auto* values = static_cast<double*>(duckdb_vector_get_data(result));
  for (idx_t i = 0; i < count; ++i) {
    const std::optional<double> value = kAnswer(StateAt(states, i).moments);
    if (value)
      values[offset + i] = *value;
    else
      SetNull(result, offset + i);
  }
}

std::optional<double> SumOf(const ExactMoments& moments) { return moments.Sum(); }
std::optional<double> AverageOf(const ExactMoments& moments) { return moments.Average(); }
std::optional<double> PopulationOf(const ExactMoments& moments) { return moments.Variance(false); }
std::optional<double> SampleOf(const ExactMoments& moments) { return moments.Variance(true); }

struct Definition {
  const char* name;
  duckdb_type parameter;
  duckdb_type result;
  duckdb_aggregate_update_t update;
  duckdb_aggregate_finalize_t finish;
};

constexpr Definition kDefinitions[] = {
    {"tailrace_sum_state", DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BLOB, UpdateFromDoubles<false>, FinishAsState},
    {"tailrace_moments_state", DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BLOB, UpdateFromDoubles<true>, FinishAsState},
    {"tailrace_merge", DUCKDB_TYPE_BLOB, DUCKDB_TYPE_BLOB, UpdateFromStates, FinishAsState},
    {"tailrace_sum", DUCKDB_TYPE_BLOB, DUCKDB_TYPE_DOUBLE, UpdateFromStates, FinishAsDouble<SumOf>},
    {"tailrace_avg", DUCKDB_TYPE_BLOB, DUCKDB_TYPE_DOUBLE, UpdateFromStates, FinishAsDouble<AverageOf>},
    {"tailrace_var_pop", DUCKDB_TYPE_BLOB, DUCKDB_TYPE_DOUBLE, UpdateFromStates, FinishAsDouble<PopulationOf>},
    {"tailrace_var_samp", DUCKDB_TYPE_BLOB, DUCKDB_TYPE_DOUBLE, UpdateFromStates, FinishAsDouble<SampleOf>},
};

Status Register(Connection& connection, const Definition& definition) {
  duckdb_aggregate_function function = duckdb_create_aggregate_function();
  duckdb_aggregate_function_set_name(function, definition.name);
  TypeHandle parameter(duckdb_create_logical_type(definition.parameter));
  TypeHandle result(duckdb_create_logical_type(definition.result));
  duckdb_aggregate_function_add_parameter(function, parameter.get());
  duckdb_aggregate_function_set_return_type(function, result.get());
  duckdb_aggregate_function_set_functions(function, StateSize, InitState, definition.update, Combine,
                                          definition.finish);
  duckdb_aggregate_function_set_destructor(function, DestroyStates);
  const duckdb_state state = duckdb_register_aggregate_function(connection.impl().handle, function);
  duckdb_destroy_aggregate_function(&function);
  if (state != DuckDBSuccess)
    return Fail(Error::Internal(std::string("DuckDB refuses the aggregate ") + definition.name));
  return {};
}

}  // namespace

Status RegisterExactSum(Connection& connection) {
  for (const Definition& definition : kDefinitions) TR_RETURN_IF_ERROR(Register(connection, definition));
  return {};
}

}  // namespace tailrace::sql
