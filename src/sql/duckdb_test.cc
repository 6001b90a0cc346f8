#include "sql/duckdb.h"

#include <gtest/gtest.h>

#include <thread>

#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

struct Opened {
  std::unique_ptr<Database> database;
  std::unique_ptr<Connection> connection;
};

Opened OpenMemory(DatabaseOptions options = {}) {
  options.path = ":memory:";
  auto database = Database::Open(options);
  EXPECT_TRUE(database) << database.error().message();
  auto connection = (*database)->Connect();
  EXPECT_TRUE(connection);
  return {std::move(*database), std::move(*connection)};
}

std::string Only(Connection& connection, std::string_view sql) {
  auto answer = connection.Query(sql);
  if (!answer) return "error: " + answer.error().message();
  return answer->rows.at(0).at(0).value_or("null");
}

ErrorCode CodeOfRunning(Connection& connection, std::string_view sql) {
  auto status = connection.Execute(sql);
  EXPECT_FALSE(status) << sql;
  return status ? ErrorCode::kInternal : status.error().code();
}

TEST(DuckdbTest, AnswersComeAsTextWithTypes) {
  Opened db = OpenMemory();
  auto answer = db.connection->Query(
      "SELECT 1::BIGINT AS a, 1.50::DECIMAL(5,2) AS b, NULL::VARCHAR AS c, {'x': [1, 2]} AS d, '{}'::JSON AS e;");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->columns[0].type, "BIGINT");
  EXPECT_EQ(answer->columns[1].type, "DECIMAL(5,2)");
  EXPECT_EQ(answer->columns[3].type, "STRUCT(\"x\" INTEGER[])");
  EXPECT_EQ(answer->columns[4].type, "JSON");
  EXPECT_EQ(answer->rows[0][1], "1.50");
  EXPECT_EQ(answer->rows[0][2], std::nullopt);
  EXPECT_EQ(answer->rows[0][3], "{'x': [1, 2]}");
}

TEST(DuckdbTest, TimesAreInUtc) {
  Opened db = OpenMemory();
  EXPECT_EQ(Only(*db.connection, "SELECT '2020-06-01 12:00:00+02'::TIMESTAMPTZ::VARCHAR"), "2020-06-01 10:00:00+00");
}

TEST(DuckdbTest, SettingsAreLocked) {
  Opened db = OpenMemory();
  for (const char* sql : {"SET threads = 1", "SET lock_configuration = false", "SET enable_external_access = true",
                          "SET allowed_directories = ['/']", "RESET temp_directory"})
    EXPECT_EQ(CodeOfRunning(*db.connection, sql), ErrorCode::kInvalid) << sql;
}

TEST(DuckdbTest, ErrorsNameTheRecovery) {
  Opened db = OpenMemory();
  Connection& connection = *db.connection;
  EXPECT_EQ(CodeOfRunning(connection, "SELEC 1"), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOfRunning(connection, "SELECT nothing"), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOfRunning(connection, "SELECT 'x'::INTEGER"), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOfRunning(connection, "SELECT 9223372036854775807::BIGINT + 1::BIGINT"), ErrorCode::kInvalid);
  EXPECT_EQ(CodeOfRunning(connection, "SELECT error('boom')"), ErrorCode::kInvalid);
}

TEST(DuckdbTest, TooLittleMemoryIsExhausted) {
  DatabaseOptions options;
  options.memory_bytes_max = size_t{32} << 20;
  Opened db = OpenMemory(options);
  EXPECT_EQ(CodeOfRunning(*db.connection, "SELECT len(list(range::VARCHAR || '0123456789')) FROM range(10000000)"),
            ErrorCode::kExhausted);
}

TEST(DuckdbTest, InterruptIsCancelled) {
  Opened db = OpenMemory();
  Connection& connection = *db.connection;
  Status status;
  std::jthread query([&] {
    status = connection.Execute("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7");
  });
  // The query may not have begun yet, and an interrupt before it is forgotten: repeat until it ends.
  std::jthread stopper([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      connection.Interrupt();
      std::this_thread::yield();
    }
  });
  query.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

TEST(DuckdbTest, WriteConflictIsConflict) {
  Opened db = OpenMemory();
  auto other = *db.database->Connect();
  ASSERT_TRUE(db.connection->Execute("CREATE TABLE t AS SELECT 1 AS i"));
  ASSERT_TRUE(db.connection->Begin());
  ASSERT_TRUE(other->Begin());
  ASSERT_TRUE(db.connection->Execute("UPDATE t SET i = 2"));
  EXPECT_EQ(CodeOfRunning(*other, "UPDATE t SET i = 3"), ErrorCode::kConflict);
  EXPECT_FALSE(other->Commit());
  EXPECT_TRUE(db.connection->Commit());
  EXPECT_EQ(Only(*other, "SELECT i FROM t"), "2");
}

// DuckDB itself reports success for the COMMIT after a run-time error, and keeps half a batch after a binder error.
TEST(DuckdbTest, CommitAfterAnyFailureFailsAndKeepsNothing) {
  for (const char* wrong : {"SELECT 'x'::INTEGER", "SELEC 1", "SELECT nothing FROM t", "INSERT INTO t VALUES ('x')"}) {
    Opened db = OpenMemory();
    ASSERT_TRUE(db.connection->Execute("CREATE TABLE t (i INTEGER)"));
    ASSERT_TRUE(db.connection->Begin());
    ASSERT_TRUE(db.connection->Execute("INSERT INTO t VALUES (1)"));
    EXPECT_FALSE(db.connection->Execute(wrong));
    EXPECT_FALSE(db.connection->Commit()) << wrong;
    EXPECT_EQ(Only(*db.connection, "SELECT count(*) FROM t"), "0") << wrong;
    ASSERT_TRUE(db.connection->Begin());
    ASSERT_TRUE(db.connection->Execute("INSERT INTO t VALUES (2)"));
    EXPECT_TRUE(db.connection->Commit()) << wrong;
    EXPECT_EQ(Only(*db.connection, "SELECT count(*) FROM t"), "1") << wrong;
  }
}

// The failure of a call that did not tell us: asking DuckDB before COMMIT finds it.
TEST(DuckdbTest, CommitAfterAnUntoldFailureFails) {
  Opened db = OpenMemory();
  ASSERT_TRUE(db.connection->Execute("CREATE TABLE t (i INTEGER)"));
  ASSERT_TRUE(db.connection->Begin());
  ASSERT_TRUE(db.connection->Execute("INSERT INTO t VALUES (1)"));
  ResultHandle result;
  ASSERT_EQ(duckdb_query(db.connection->impl().handle, "SELECT 'x'::INTEGER", &result.value), DuckDBError);
  EXPECT_FALSE(db.connection->Commit());
  EXPECT_EQ(Only(*db.connection, "SELECT count(*) FROM t"), "0");
}

TEST(DuckdbTest, RollbackForgets) {
  Opened db = OpenMemory();
  db.connection->Rollback();
  ASSERT_TRUE(db.connection->Begin());
  ASSERT_TRUE(db.connection->Execute("CREATE TABLE t (i INTEGER)"));
  db.connection->Rollback();
  EXPECT_EQ(CodeOfRunning(*db.connection, "SELECT * FROM t"), ErrorCode::kInvalid);
}

TEST(DuckdbTest, TypesHaveTheirNames) {
  Type text;
  text.kind = TypeKind::kString;
  Type decimal;
  decimal.kind = TypeKind::kDecimal;
  decimal.width = 12;
  decimal.scale = 3;
  Type nested;
  nested.fields = {Field{"a \"b\"", text}};
  EXPECT_EQ(SqlType(decimal), "DECIMAL(12,3)");
  nested.kind = TypeKind::kList;
  EXPECT_EQ(SqlType(nested), "VARCHAR[]");
  nested.kind = TypeKind::kMap;
  EXPECT_EQ(SqlType(nested), "MAP(VARCHAR, VARCHAR)");
  nested.kind = TypeKind::kStruct;
  EXPECT_EQ(SqlType(nested), "STRUCT(\"a \"\"b\"\"\" VARCHAR)");
}

TEST(DuckdbTest, NamesAndTextsAreQuoted) {
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteLiteral("it's"), "'it''s'");
}

}  // namespace
}  // namespace tailrace::sql
