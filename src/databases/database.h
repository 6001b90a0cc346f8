// One connection to a database server of others: queries out, rows in, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

enum class DatabaseKind { kPostgres, kMysql };

enum class DatabaseTls {
  kOff,
  kPrefer,   // where the server offers it, its certificate unseen
  kRequire,  // always, its certificate unseen
  kVerify,   // always; the certificate must be of the host and of an authority that is trusted
};

struct DatabaseAddress {
  DatabaseKind kind = DatabaseKind::kPostgres;
  std::string host;  // a name or an address; of a socket: its folder (PostgreSQL) or file (MySQL)
  uint16_t port = 0;
  std::string database;
  std::string user;
  std::string password;  // never in a message
  DatabaseTls tls = DatabaseTls::kVerify;
  // PEM files; empty: the authorities that the machine trusts, and no certificate of our own.
  std::string ca;
  std::string cert;
  std::string key;

  bool is_socket() const { return !host.empty() && host.front() == '/'; }
  // For messages: `postgresql://db.example.org:5432/shop`.
  std::string Shown() const;
};

// What a column's texts are.
enum class ValueKind {
  kInteger,
  kNumber,  // decimals and doubles; NaN and infinities too
  kBool,    // true, false
  kText,
  kJson,
  kTime,  // `2020-01-01 10:00:00.123456[+00]`; without an offset as it stands in the database
  kDate,
};

struct DatabaseColumn {
  std::string name;
  ValueKind kind = ValueKind::kText;
};

// The session reads only, in UTC and UTF-8, and rows come as they are asked for, never the whole answer at once.
// Threads: one; Abort from any, while the connection lives.
// Errors:  kUnavailable = the connection is lost or the server refuses for now; kInvalid = it refuses the query. Both
// name
//          the address.
class Database {
 public:
  virtual ~Database() = default;

  // Columns of `SELECT * FROM relation`, where `relation` is a quoted table or a SELECT in brackets with a name.
  virtual Result<std::vector<DatabaseColumn>> Columns(const std::string& relation) = 0;

  // Columns of the table's primary key in its order; none when it has none.
  virtual Result<std::vector<std::string>> PrimaryKey(const std::string& table) = 0;

  // Begins a query; rows of an earlier one that were not taken are dropped.
  virtual Status Query(const std::string& sql) = 0;

  // Goes to the next row; false behind the last.
  virtual Result<bool> Next() = 0;

  // A value of the row; nullopt for NULL. Valid until the next call.
  virtual std::optional<std::string_view> Value(size_t column) = 0;

  virtual std::string QuoteName(std::string_view name) const = 0;

  // What is selected so that the column's value comes whole: a list as JSON, a short float with all its digits.
  virtual std::string Expression(const DatabaseColumn& column) const = 0;

  // What rows are ordered by, for a column of any type.
  virtual std::string OrderExpression(const DatabaseColumn& column) const = 0;

  // `text` (with its offset, where it has one) as a literal to hold against the cursor's column.
  virtual std::string TimeLiteral(std::string_view text) const = 0;

  // Cuts the connection, so that a call that waits comes back.
  virtual void Abort() = 0;
};

// Waits kConnectSeconds at most.
Result<std::unique_ptr<Database>> ConnectDatabase(const DatabaseAddress& address);
inline constexpr int kConnectSeconds = 5;

// `shop.orders` as a quoted table of a schema.
std::string QuoteTable(const Database& database, std::string_view table);

}  // namespace tailrace
