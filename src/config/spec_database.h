// Sources that are databases, and chance in sources.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tailrace::config {

struct PauseSpec {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max{0};  // 0: no pause
};

enum class DatabaseEngine { kPostgres, kMysql };
enum class DatabaseTlsMode { kOff, kPrefer, kRequire, kVerify };

struct DatabaseAddressSpec {
  std::string host;  // begins with a slash: a socket
  uint16_t port = 0;
  std::string database;
  std::string user;
  std::string password;  // never shown
  DatabaseTlsMode tls = DatabaseTlsMode::kVerify;
  std::string ca;  // absolute paths; empty: none
  std::string cert;
  std::string key;
};

struct RandomRowsSpec {
  int64_t rows = 0;  // 0: without end
  PauseSpec pause;
  int64_t seed = 0;
};

struct DatabaseSourceSpec {
  DatabaseEngine engine = DatabaseEngine::kPostgres;
  DatabaseAddressSpec address;
  std::vector<std::pair<std::string, std::string>>
      tables;       // member of the record, table; one without a member is the record
  std::string sql;  // instead of tables
  std::string cursor;
  std::chrono::milliseconds every{0};  // 0: once
  std::chrono::milliseconds settle{1000};
  std::optional<RandomRowsSpec> random;
};

}  // namespace tailrace::config
