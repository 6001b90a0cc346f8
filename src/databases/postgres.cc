// PostgreSQL through libpq: texts in single-row mode.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "databases/connect.h"

namespace tailrace {
namespace {

// Numbers of types as the server's catalog has them for ever (src/include/catalog/pg_type.dat).
constexpr Oid kBoolOid = 16;
constexpr Oid kByteaOid = 17;
constexpr Oid kInt8Oid = 20;
constexpr Oid kInt2Oid = 21;
constexpr Oid kInt4Oid = 23;
constexpr Oid kTextOid = 25;
constexpr Oid kOidOid = 26;
constexpr Oid kJsonOid = 114;
constexpr Oid kFloat4Oid = 700;
constexpr Oid kFloat8Oid = 701;
constexpr Oid kBpcharOid = 1042;
constexpr Oid kVarcharOid = 1043;
constexpr Oid kDateOid = 1082;
constexpr Oid kTimestampOid = 1114;
constexpr Oid kTimestamptzOid = 1184;
constexpr Oid kNumericOid = 1700;
constexpr Oid kUuidOid = 2950;
constexpr Oid kJsonbOid = 3802;

constexpr const char* kSession =
    "SET TIME ZONE 'UTC'; SET DateStyle TO 'ISO, YMD'; SET IntervalStyle TO 'iso_8601'; SET bytea_output TO 'hex'; "
    "SET extra_float_digits TO 1; SET synchronize_seqscans TO off; SET default_transaction_read_only TO on; "
    "SET statement_timeout TO 0";

using Answer = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Answer Own(PGresult* result) { return {result, &PQclear}; }

// One line without libpq's own line ends.
std::string OneLine(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

const char* SslMode(DatabaseTls tls) {
  switch (tls) {
    case DatabaseTls::kOff:
      return "disable";
    case DatabaseTls::kPrefer:
      return "prefer";
    case DatabaseTls::kRequire:
      return "require";
    case DatabaseTls::kVerify:
      break;
  }
  return "verify-full";
}

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(const DatabaseAddress& address, PGconn* connection) : address_(address), connection_(connection) {}
  ~PostgresDatabase() override { PQfinish(connection_); }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  Status Start();
  Result<std::vector<DatabaseColumn>> Columns(const std::string& relation) override;
  Result<std::vector<std::string>> PrimaryKey(const std::string& table) override;
  Status Query(const std::string& sql) override;
  Result<bool> Next() override;
  std::optional<std::string_view> Value(size_t column) override;
  std::string QuoteName(std::string_view name) const override;
  std::string Expression(const DatabaseColumn& column) const override;
  std::string OrderExpression(const DatabaseColumn& column) const override;
  std::string TimeLiteral(std::string_view text) const override;
  void Abort() override { ::shutdown(PQsocket(connection_), SHUT_RDWR); }

 private:
  Error Failure(const PGresult* result) const;
  Status Drain();
  Result<std::map<Oid, char>> Categories(const std::vector<Oid>& types);
  Result<Answer> Ask(const std::string& sql, const std::vector<const char*>& values);

  const DatabaseAddress address_;
  PGconn* const connection_;
  Answer row_ = Own(nullptr);
  bool asking_ = false;                 // a query's answers are not all taken
  std::vector<std::string> made_json_;  // columns that come as JSON because to_json is asked for
};

Error PostgresDatabase::Failure(const PGresult* result) const {
  std::string message = OneLine(result == nullptr ? PQerrorMessage(connection_) : PQresultErrorMessage(result));
  const char* field = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  std::string state = field == nullptr ? "" : field;
  // Appendix A of PostgreSQL's manual: 42 is SQL that is wrong or not allowed, 22 a value, 0A what it does not do,
  // 3D and 3F a database or schema that is not there.
  bool refuses = state.starts_with("42") || state.starts_with("22") || state.starts_with("0A") ||
                 state.starts_with("25") || state.starts_with("3D") || state.starts_with("3F");
  std::string text = address_.Shown() + ": " + message;
  return refuses ? Error::Invalid(std::move(text)) : Error::Unavailable(std::move(text));
}

Status PostgresDatabase::Start() {
  if (PQstatus(connection_) != CONNECTION_OK) return Fail(Failure(nullptr));
  WatchPeer(PQsocket(connection_));
  Answer set = Own(PQexec(connection_, kSession));
  if (PQresultStatus(set.get()) != PGRES_COMMAND_OK) return Fail(Failure(set.get()));
  return {};
}

Status PostgresDatabase::Drain() {
  row_.reset();
  if (!asking_) return {};
  // The server stops a query whose rows nobody wants.
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> cancel(PQgetCancel(connection_), &PQfreeCancel);
  char why[256];
  if (cancel != nullptr) (void)PQcancel(cancel.get(), why, sizeof why);
  while (Answer rest = Own(PQgetResult(connection_))) {
  }
  asking_ = false;
  if (PQstatus(connection_) != CONNECTION_OK) return Fail(Failure(nullptr));
  return {};
}

Result<Answer> PostgresDatabase::Ask(const std::string& sql, const std::vector<const char*>& values) {
  TR_RETURN_IF_ERROR(Drain());
  Answer answer = Own(PQexecParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                   nullptr, nullptr, 0));
  if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) return Fail(Failure(answer.get()));
  return answer;
}

// The category letter of each type that is none of the well-known ones: A is a list, C a row of its own.
Result<std::map<Oid, char>> PostgresDatabase::Categories(const std::vector<Oid>& types) {
  std::map<Oid, char> categories;
  if (types.empty()) return categories;
  std::string list;
  for (Oid type : types) list += (list.empty() ? "" : ",") + std::to_string(type);
  TR_TRY(Answer answer, Ask("SELECT oid, typcategory FROM pg_catalog.pg_type WHERE oid IN (" + list + ")", {}));
  for (int i = 0; i < PQntuples(answer.get()); ++i)
    categories[static_cast<Oid>(std::stoul(PQgetvalue(answer.get(), i, 0)))] = *PQgetvalue(answer.get(), i, 1);
  return categories;
}

std::optional<ValueKind> KnownKind(Oid type) {
  switch (type) {
    case kInt2Oid:
    case kInt4Oid:
    case kInt8Oid:
    case kOidOid:
      return ValueKind::kInteger;
    case kFloat4Oid:
    case kFloat8Oid:
    case kNumericOid:
      return ValueKind::kNumber;
    case kBoolOid:
      return ValueKind::kBool;
    case kJsonOid:
    case kJsonbOid:
      return ValueKind::kJson;
    case kTimestampOid:
    case kTimestamptzOid:
      return ValueKind::kTime;
    case kDateOid:
      return ValueKind::kDate;
    case kTextOid:
    case kBpcharOid:
    case kVarcharOid:
    case kByteaOid:
    case kUuidOid:
      return ValueKind::kText;
    default:
      return std::nullopt;
  }
}

Result<std::vector<DatabaseColumn>> PostgresDatabase::Columns(const std::string& relation) {
  TR_RETURN_IF_ERROR(Drain());
  std::string sql = "SELECT * FROM " + relation;
  Answer prepared = Own(PQprepare(connection_, "", sql.c_str(), 0, nullptr));
  if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK) return Fail(Failure(prepared.get()));
  Answer described = Own(PQdescribePrepared(connection_, ""));
  if (PQresultStatus(described.get()) != PGRES_COMMAND_OK) return Fail(Failure(described.get()));
  std::vector<Oid> unknown;
  for (int i = 0; i < PQnfields(described.get()); ++i) {
    if (!KnownKind(PQftype(described.get(), i))) unknown.push_back(PQftype(described.get(), i));
  }
  TR_TRY(auto categories, Categories(unknown));
  std::vector<DatabaseColumn> columns;
  made_json_.clear();
  for (int i = 0; i < PQnfields(described.get()); ++i) {
    DatabaseColumn column{PQfname(described.get(), i), ValueKind::kText};
    Oid type = PQftype(described.get(), i);
    bool has_parts = categories.contains(type) && (categories[type] == 'A' || categories[type] == 'C');
    if (std::optional<ValueKind> kind = KnownKind(type))
      column.kind = *kind;
    else if (has_parts)
      column.kind = ValueKind::kJson;
    if (has_parts) made_json_.push_back(column.name);
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::vector<std::string>> PostgresDatabase::PrimaryKey(const std::string& table) {
  TR_TRY(Answer answer,
         Ask("SELECT a.attname FROM pg_catalog.pg_index x, unnest(x.indkey) WITH ORDINALITY AS k(number, place), "
             "pg_catalog.pg_attribute a WHERE x.indrelid = $1::pg_catalog.regclass AND x.indisprimary AND a.attrelid = "
             "x.indrelid AND a.attnum = k.number ORDER BY k.place",
             {table.c_str()}));
  std::vector<std::string> names;
  for (int i = 0; i < PQntuples(answer.get()); ++i) names.emplace_back(PQgetvalue(answer.get(), i, 0));
  return names;
}

Status PostgresDatabase::Query(const std::string& sql) {
  TR_RETURN_IF_ERROR(Drain());
  if (PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 0 ||
      PQsetSingleRowMode(connection_) == 0)
    return Fail(Failure(nullptr));
  asking_ = true;
  return {};
}

Result<bool> PostgresDatabase::Next() {
  row_ = Own(PQgetResult(connection_));
  if (PQresultStatus(row_.get()) == PGRES_SINGLE_TUPLE) return true;
  bool done = PQresultStatus(row_.get()) == PGRES_TUPLES_OK;
  if (!done) {
    Error error = Failure(row_.get());
    while (Answer rest = Own(PQgetResult(connection_))) {
    }
    asking_ = false;
    return Fail(std::move(error));
  }
  while (Answer rest = Own(PQgetResult(connection_))) {
  }
  asking_ = false;
  return false;
}

std::optional<std::string_view> PostgresDatabase::Value(size_t column) {
  int at = static_cast<int>(column);
  if (PQgetisnull(row_.get(), 0, at) != 0) return std::nullopt;
  std::string_view text(PQgetvalue(row_.get(), 0, at), static_cast<size_t>(PQgetlength(row_.get(), 0, at)));
  if (PQftype(row_.get(), at) == kBoolOid) return text == "t" ? "true" : "false";
  return text;
}

std::string PostgresDatabase::QuoteName(std::string_view name) const {
  std::string quoted = "\"";
  for (char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string PostgresDatabase::Expression(const DatabaseColumn& column) const {
  std::string name = QuoteName(column.name);
  bool made = std::find(made_json_.begin(), made_json_.end(), column.name) != made_json_.end();
  return made ? fmt::format("to_json({0}) AS {0}", name) : name;
}

// As text, byte by byte: JSON has no order of its own, and one of a language may call different texts equal.
std::string PostgresDatabase::OrderExpression(const DatabaseColumn& column) const {
  return QuoteName(column.name) + (column.kind == ValueKind::kInteger ? "" : "::text COLLATE \"C\"");
}

// Of no type of its own, so that it takes that of the column beside it.
std::string PostgresDatabase::TimeLiteral(std::string_view text) const { return fmt::format("'{}'", text); }

}  // namespace

Result<std::unique_ptr<Database>> ConnectPostgres(const DatabaseAddress& address) {
  std::vector<std::pair<const char*, std::string>> settings = {
      {"host", address.host},
      {"port", std::to_string(address.port)},
      {"dbname", address.database},
      {"user", address.user},
      {"password", address.password},
      {"sslmode", SslMode(address.tls)},
      {"sslcert", address.cert},
      {"sslkey", address.key},
      {"connect_timeout", std::to_string(kConnectSeconds)},
      {"client_encoding", "UTF8"},
      {"application_name", "tailrace"},
  };
  std::error_code failed;
  if (!address.ca.empty())
    settings.emplace_back("sslrootcert", address.ca);
  else if (address.tls == DatabaseTls::kVerify && std::filesystem::exists(kMachineAuthorities, failed))
    settings.emplace_back("sslrootcert", kMachineAuthorities);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : settings) {
    names.push_back(name);
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  auto database = std::make_unique<PostgresDatabase>(address, PQconnectdbParams(names.data(), values.data(), 0));
  TR_RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace tailrace
