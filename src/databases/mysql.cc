// MySQL and MariaDB through MariaDB's client library: texts, taken row by row from the wire.
#include <fmt/format.h>
#include <mysql.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "databases/connect.h"

namespace tailrace {
namespace {

// The number of the character set that stands for bytes.
constexpr unsigned kBinaryCharset = 63;
// How long the server waits for us to take rows, and for the next query.
constexpr const char* kSession =
    "SET SESSION time_zone = '+00:00', sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES', net_write_timeout = 3600, "
    "wait_timeout = 86400";
constexpr const char* kReadOnly = "SET SESSION TRANSACTION READ ONLY";

// What the library does with a value beyond its text.
enum class Repair { kNone, kBits, kBytes, kShortFloat };

struct Field {
  ValueKind kind = ValueKind::kText;
  Repair repair = Repair::kNone;
  bool is_float = false;
};

bool IsJsonFormat(const MYSQL_FIELD& field) {
  MARIADB_CONST_STRING format{nullptr, 0};
  return mariadb_field_attr(&format, &field, MARIADB_FIELD_ATTR_FORMAT_NAME) == 0 &&
         std::string_view(format.str, format.length) == "json";
}

Field FieldOf(const MYSQL_FIELD& field) {
  bool binary = field.charsetnr == kBinaryCharset;
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return {ValueKind::kInteger};
    case MYSQL_TYPE_FLOAT:
      return {ValueKind::kNumber, Repair::kNone, true};
    case MYSQL_TYPE_DOUBLE:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return {ValueKind::kNumber};
    case MYSQL_TYPE_BIT:
      return {ValueKind::kInteger, Repair::kBits};
    case MYSQL_TYPE_TIMESTAMP:
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP2:
    case MYSQL_TYPE_DATETIME2:
      return {ValueKind::kTime};
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return {ValueKind::kDate};
    case MYSQL_TYPE_JSON:
      return {ValueKind::kJson};
    case MYSQL_TYPE_GEOMETRY:
      return {ValueKind::kText, Repair::kBytes};
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_VARCHAR:
      if (IsJsonFormat(field)) return {ValueKind::kJson};
      return {ValueKind::kText, binary ? Repair::kBytes : Repair::kNone};
    default:
      return {};
  }
}

std::string HexText(std::string_view bytes) {
  std::string text = "\\x";
  for (char c : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string BitsText(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return std::to_string(value);
}

// The fewest digits that name the same 32-bit number.
std::string ShortFloatText(std::string_view text) {
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc()) return std::string(text);
  char digits[32];
  auto written = std::to_chars(digits, digits + sizeof digits, static_cast<float>(value));
  return {digits, written.ptr};
}

class MysqlDatabase final : public Database {
 public:
  MysqlDatabase(const DatabaseAddress& address, MYSQL* connection) : address_(address), connection_(connection) {}
  ~MysqlDatabase() override {
    // The rest of an answer is not waited for.
    if (rows_ != nullptr) Abort();
    DropRows();
    mysql_close(connection_);
  }
  MysqlDatabase(const MysqlDatabase&) = delete;
  MysqlDatabase& operator=(const MysqlDatabase&) = delete;

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
  void Abort() override { ::shutdown(static_cast<int>(mysql_get_socket(connection_)), SHUT_RDWR); }

 private:
  Error Failure() const;
  Status Exec(const std::string& sql);
  void DropRows();

  const DatabaseAddress address_;
  MYSQL* const connection_;
  MYSQL_RES* rows_ = nullptr;
  MYSQL_ROW row_ = nullptr;
  const unsigned long* sizes_ = nullptr;
  std::vector<Field> fields_;          // of the query
  std::vector<std::string> floats_;    // columns that are 32-bit floats
  std::vector<std::string> repaired_;  // texts of the row that are not as they came
};

Error MysqlDatabase::Failure() const {
  unsigned code = mysql_errno(connection_);
  std::string_view state = mysql_sqlstate(connection_);
  std::string text = address_.Shown() + ": " + mysql_error(connection_);
  bool refuses = state.starts_with("42") || state.starts_with("22") || state.starts_with("25");
  // Access denied for the user (1045) comes with 28000, an unknown database (1049) with 42000: both may pass.
  constexpr unsigned kUnknownDatabase = 1049;
  return refuses && code != kUnknownDatabase ? Error::Invalid(std::move(text)) : Error::Unavailable(std::move(text));
}

Status MysqlDatabase::Exec(const std::string& sql) {
  DropRows();
  if (mysql_real_query(connection_, sql.data(), sql.size()) != 0) return Fail(Failure());
  return {};
}

Status MysqlDatabase::Start() {
  WatchPeer(static_cast<int>(mysql_get_socket(connection_)));
  bool wants_tls = address_.tls == DatabaseTls::kRequire || address_.tls == DatabaseTls::kVerify;
  if (wants_tls && mysql_get_ssl_cipher(connection_) == nullptr)
    return Fail(Error::Unavailable(address_.Shown() + ": the server offers no TLS, and tls asks for it"));
  TR_RETURN_IF_ERROR(Exec(kSession));
  return Exec(kReadOnly);
}

// What is left of an answer has to be read before the next question; a long rest costs more than a new connection
// would, but the server goes on either way.
void MysqlDatabase::DropRows() {
  if (rows_ != nullptr) mysql_free_result(rows_);
  rows_ = nullptr;
  row_ = nullptr;
}

Status MysqlDatabase::Query(const std::string& sql) {
  TR_RETURN_IF_ERROR(Exec(sql));
  rows_ = mysql_use_result(connection_);
  if (rows_ == nullptr) return Fail(Failure());
  fields_.clear();
  for (unsigned i = 0; i < mysql_num_fields(rows_); ++i) {
    const MYSQL_FIELD& field = *mysql_fetch_field_direct(rows_, i);
    fields_.push_back(FieldOf(field));
    for (const std::string& name : floats_) {
      if (name == field.name) fields_.back().repair = Repair::kShortFloat;
    }
  }
  repaired_.assign(fields_.size(), "");
  return {};
}

Result<std::vector<DatabaseColumn>> MysqlDatabase::Columns(const std::string& relation) {
  floats_.clear();
  TR_RETURN_IF_ERROR(Query("SELECT * FROM " + relation + " LIMIT 0"));
  std::vector<DatabaseColumn> columns;
  for (unsigned i = 0; i < fields_.size(); ++i) {
    columns.push_back({mysql_fetch_field_direct(rows_, i)->name, fields_[i].kind});
    if (fields_[i].is_float) floats_.push_back(columns.back().name);
  }
  DropRows();
  return columns;
}

Result<std::vector<std::string>> MysqlDatabase::PrimaryKey(const std::string& table) {
  TR_RETURN_IF_ERROR(Query("SHOW KEYS FROM " + table + " WHERE Key_name = 'PRIMARY'"));
  constexpr size_t kColumnName = 4;
  std::vector<std::string> names;
  while (true) {
    TR_TRY(bool more, Next());
    if (!more) return names;
    if (fields_.size() > kColumnName) names.emplace_back(Value(kColumnName).value_or(""));
  }
}

Result<bool> MysqlDatabase::Next() {
  row_ = mysql_fetch_row(rows_);
  if (row_ == nullptr && mysql_errno(connection_) != 0) return Fail(Failure());
  if (row_ == nullptr) return false;
  sizes_ = mysql_fetch_lengths(rows_);
  return true;
}

std::optional<std::string_view> MysqlDatabase::Value(size_t column) {
  if (row_[column] == nullptr) return std::nullopt;
  std::string_view text(row_[column], sizes_[column]);
  switch (fields_[column].repair) {
    case Repair::kNone:
      return text;
    case Repair::kBits:
      repaired_[column] = BitsText(text);
      break;
    case Repair::kBytes:
      repaired_[column] = HexText(text);
      break;
    case Repair::kShortFloat:
      repaired_[column] = ShortFloatText(text);
      break;
  }
  return repaired_[column];
}

std::string MysqlDatabase::QuoteName(std::string_view name) const {
  std::string quoted = "`";
  for (char c : name) quoted += c == '`' ? "``" : std::string(1, c);
  return quoted + "`";
}

// A short float is written with six digits unless it is made a long one first.
std::string MysqlDatabase::Expression(const DatabaseColumn& column) const {
  std::string name = QuoteName(column.name);
  for (const std::string& one : floats_) {
    if (one == column.name) return fmt::format("CAST({0} AS DOUBLE) AS {0}", name);
  }
  return name;
}

std::string MysqlDatabase::OrderExpression(const DatabaseColumn& column) const {
  return column.kind == ValueKind::kText ? "BINARY " + QuoteName(column.name) : QuoteName(column.name);
}

std::string MysqlDatabase::TimeLiteral(std::string_view text) const {
  if (text.ends_with('Z')) text.remove_suffix(1);
  return fmt::format("TIMESTAMP'{}'", text);
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

Error ConnectError(const DatabaseAddress& address, MYSQL* connection) {
  return Error::Unavailable(address.Shown() + ": " + mysql_error(connection));
}

void SetTls(const DatabaseAddress& address, MYSQL* connection) {
  if (address.tls == DatabaseTls::kOff) return;
  my_bool on = 1;
  my_bool verifies = address.tls == DatabaseTls::kVerify ? 1 : 0;
  std::error_code failed;
  std::string ca = address.ca;
  if (ca.empty() && verifies != 0 && std::filesystem::exists(kMachineAuthorities, failed)) ca = kMachineAuthorities;
  mysql_ssl_set(connection, OrNull(address.key), OrNull(address.cert), OrNull(ca), nullptr, nullptr);
  (void)mysql_optionsv(connection, MYSQL_OPT_SSL_ENFORCE, &on);
  (void)mysql_optionsv(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verifies);
}

}  // namespace

Result<std::unique_ptr<Database>> ConnectMysql(const DatabaseAddress& address) {
  static std::once_flag started;
  std::call_once(started, [] { (void)mysql_server_init(0, nullptr, nullptr); });
  MYSQL* connection = mysql_init(nullptr);
  if (connection == nullptr) return Fail(Error::Exhausted("no memory for a connection"));
  auto database = std::make_unique<MysqlDatabase>(address, connection);
  unsigned seconds = kConnectSeconds;
  (void)mysql_optionsv(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  (void)mysql_optionsv(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // A server may not ask for files of this machine.
  unsigned no_files = 0;
  (void)mysql_optionsv(connection, MYSQL_OPT_LOCAL_INFILE, &no_files);
  SetTls(address, connection);
  bool by_socket = address.is_socket();
  MYSQL* connected = mysql_real_connect(connection, by_socket ? nullptr : address.host.c_str(), address.user.c_str(),
                                        address.password.c_str(), OrNull(address.database),
                                        by_socket ? 0 : address.port, by_socket ? address.host.c_str() : nullptr, 0);
  if (connected == nullptr) return Fail(ConnectError(address, connection));
  TR_RETURN_IF_ERROR(database->Start());
  return database;
}

}  // namespace tailrace
