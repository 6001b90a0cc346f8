// DuckDB's kinds of error, as what our callers should do about them.
#include <array>

#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

// An I/O error is worth another try, except when the disk is full.
constexpr std::array<std::string_view, 3> kFullDisk = {"No space left", "max_temp_directory_size", "Disk quota"};

// Of a statement that failed while it was being executed DuckDB says this, as invalid input, and then the real error.
constexpr std::string_view kWrapped =
    "Invalid Input Error: Attempting to execute an unsuccessful or closed pending query result\nError: ";
// A block whose checksum does not hold, as an I/O error.
constexpr std::string_view kCorruptFile = "Corrupt database file";

bool TellsOfFullDisk(std::string_view message) {
  for (std::string_view text : kFullDisk)
    if (message.find(text) != std::string_view::npos) return true;
  return false;
}

}  // namespace

ErrorCode CodeOf(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_OUT_OF_RANGE:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_UNKNOWN_TYPE:
    case DUCKDB_ERROR_DECIMAL:
    case DUCKDB_ERROR_MISMATCH_TYPE:
    case DUCKDB_ERROR_DIVIDE_BY_ZERO:
    case DUCKDB_ERROR_OBJECT_SIZE:
    case DUCKDB_ERROR_INVALID_TYPE:
    case DUCKDB_ERROR_NOT_IMPLEMENTED:
    case DUCKDB_ERROR_EXPRESSION:
    case DUCKDB_ERROR_CATALOG:
    case DUCKDB_ERROR_PARSER:
    case DUCKDB_ERROR_CONSTRAINT:
    case DUCKDB_ERROR_SYNTAX:
    case DUCKDB_ERROR_BINDER:
    case DUCKDB_ERROR_INVALID_INPUT:
    case DUCKDB_ERROR_PERMISSION:
    case DUCKDB_ERROR_PARAMETER_NOT_RESOLVED:
    case DUCKDB_ERROR_PARAMETER_NOT_ALLOWED:
    case DUCKDB_ERROR_MISSING_EXTENSION:
    case DUCKDB_ERROR_AUTOLOAD:
    case DUCKDB_ERROR_SEQUENCE:
      return ErrorCode::kInvalid;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ErrorCode::kExhausted;
    case DUCKDB_ERROR_INTERRUPT:
      return ErrorCode::kCancelled;
    case DUCKDB_ERROR_TRANSACTION:
      return ErrorCode::kConflict;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_NETWORK:
    case DUCKDB_ERROR_HTTP:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kInternal;
  }
}

Error ErrorOfPrepare(std::string_view message) {
  struct Kind {
    std::string_view prefix;
    duckdb_error_type type;
  };
  constexpr Kind kKinds[] = {{"Out of Memory Error", DUCKDB_ERROR_OUT_OF_MEMORY},
                             {"IO Error", DUCKDB_ERROR_IO},
                             {"INTERRUPT", DUCKDB_ERROR_INTERRUPT},
                             {"INTERNAL", DUCKDB_ERROR_INTERNAL},
                             {"FATAL", DUCKDB_ERROR_FATAL},
                             {"TransactionContext Error", DUCKDB_ERROR_TRANSACTION}};
  for (const Kind& kind : kKinds)
    if (message.starts_with(kind.prefix)) return ErrorOf(kind.type, message);
  return ErrorOf(DUCKDB_ERROR_PARSER, message);
}

Error ErrorOf(duckdb_error_type type, std::string_view message) {
  if (type == DUCKDB_ERROR_INVALID_INPUT && message.starts_with(kWrapped))
    return ErrorOfPrepare(message.substr(kWrapped.size()));
  ErrorCode code = CodeOf(type);
  if (code == ErrorCode::kUnavailable && message.find(kCorruptFile) != std::string_view::npos)
    code = ErrorCode::kCorruption;
  if (code == ErrorCode::kUnavailable && TellsOfFullDisk(message)) code = ErrorCode::kExhausted;
  // Internal errors come with a stack trace, one frame a line.
  const size_t trace = message.find("\n\nStack Trace:");
  return {code, std::string(message.substr(0, trace))};
}

}  // namespace tailrace::sql
