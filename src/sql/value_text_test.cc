#include <gtest/gtest.h>

#include <thread>

#include "sql/query_cursor.h"

namespace tailrace::sql {
namespace {

class ValueTextTest : public ::testing::Test {
 protected:
  ValueTextTest() {
    DatabaseOptions options;
    options.path = ":memory:";
    database_ = *Database::Open(options);
    connection_ = *database_->Connect();
  }

  std::string Json(const std::string& expression, const std::vector<BoundParameter>& parameters = {}) {
    auto cursor = QueryCursor::Open(*connection_, "SELECT " + expression, parameters, {});
    if (!cursor) return "error: " + std::string(ErrorCodeName(cursor.error().code()));
    auto more = (*cursor)->Next();
    if (!more) return "error: " + std::string(ErrorCodeName(more.error().code()));
    plain_ = (*cursor)->Plain(0, 0);
    return std::string((*cursor)->Row(0)[0]);
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::optional<std::string> plain_;
};

struct Case {
  const char* expression;
  const char* json;
};

TEST_F(ValueTextTest, ValuesHaveOneJsonText) {
  const Case cases[] = {
      {"NULL", "null"},
      {"true", "true"},
      {"(-128)::TINYINT", "-128"},
      {"255::UTINYINT", "255"},
      {"18446744073709551615::UBIGINT", "18446744073709551615"},
      {"170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"},
      {"(-170141183460469231731687303715884105728)::HUGEINT", "-170141183460469231731687303715884105728"},
      {"340282366920938463463374607431768211455::UHUGEINT", "340282366920938463463374607431768211455"},
      {"0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004"},
      {"0.1::FLOAT", "0.1"},
      {"1e300::DOUBLE", "1e+300"},
      {"'nan'::DOUBLE", "null"},
      {"'-inf'::FLOAT", "null"},
      {"0.00::DECIMAL(4,2)", "0.00"},
      {"(-0.05)::DECIMAL(9,2)", "-0.05"},
      {"12345678901234567890123456789.123::DECIMAL(38,3)", "12345678901234567890123456789.123"},
      {"'a\"b\\' || chr(10) || chr(1)", "\"a\\\"b\\\\\\n\\u0001\""},
      {"''", "\"\""},
      {"'{\"a\": [1.50]}'::JSON", "{\"a\": [1.50]}"},
      {"'\\xAA\\x00b'::BLOB", "\"qgBi\""},
      {"'\\xAA'::BLOB", "\"qg==\""},
      {"'10110'::BIT", "\"10110\""},
      {"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID", "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\""},
      {"DATE '2010-12-01'", "\"2010-12-01\""},
      {"DATE '0001-01-01'", "\"0001-01-01\""},
      {"'infinity'::DATE", "\"infinity\""},
      {"TIMESTAMP '2010-12-01 08:26:00'", "\"2010-12-01T08:26:00Z\""},
      {"TIMESTAMP '2010-12-01 08:26:00.5'", "\"2010-12-01T08:26:00.500Z\""},
      {"TIMESTAMP '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999Z\""},
      {"'2010-12-01 08:26:00.123456789'::TIMESTAMP_NS", "\"2010-12-01T08:26:00.123456789Z\""},
      {"'2010-12-01 08:26:00'::TIMESTAMP_S", "\"2010-12-01T08:26:00Z\""},
      {"'2010-12-01 08:26:00+02'::TIMESTAMPTZ", "\"2010-12-01T06:26:00Z\""},
      {"TIME '08:26:01.000001'", "\"08:26:01.000001\""},
      {"'08:26:01+05:30'::TIMETZ", "\"08:26:01+05:30\""},
      {"INTERVAL '1 year 2 months 3 days 04:05:06.7'", "\"P1Y2M3DT4H5M6.700S\""},
      {"INTERVAL '0 days'", "\"PT0S\""},
      {"INTERVAL '-90 seconds'", "\"PT-1M-30S\""},
      {"[1, NULL, 3]", "[1,null,3]"},
      {"[[1], []]", "[[1],[]]"},
      {"[1, 2]::INTEGER[2]", "[1,2]"},
      {"{'a b': 1, 'l': [DATE '2010-12-01']}", "{\"a b\":1,\"l\":[\"2010-12-01\"]}"},
      {"MAP {'x': 1.5}", "{\"x\":1.5}"},
      {"MAP {1: 'x'}", "[{\"key\":1,\"value\":\"x\"}]"},
      {"'b'::ENUM('a', 'b')", "\"b\""},
      {"union_value(n := 7)", "7"},
  };
  for (const Case& one : cases) EXPECT_EQ(Json(one.expression), one.json) << one.expression;
}

TEST_F(ValueTextTest, PlainTextsHaveNoQuotes) {
  Json("'a\"b'");
  EXPECT_EQ(plain_, "a\"b");
  Json("DATE '2010-12-01'");
  EXPECT_EQ(plain_, "2010-12-01");
  Json("1.50::DECIMAL(4,2)");
  EXPECT_EQ(plain_, "1.50");
  Json("NULL");
  EXPECT_EQ(plain_, std::nullopt);
}

Type Kind(TypeKind kind, uint8_t width = 0, uint8_t scale = 0) {
  Type type;
  type.kind = kind;
  type.width = width;
  type.scale = scale;
  return type;
}

TEST_F(ValueTextTest, ParametersAreBoundByTheirType) {
  EXPECT_EQ(Json("$a + 1", {{"a", Kind(TypeKind::kInt), "9007199254740993"}}), "9007199254740994");
  EXPECT_EQ(Json("typeof($a)", {{"a", Kind(TypeKind::kDecimal, 12, 3), "1.5"}}), "\"DECIMAL(12,3)\"");
  EXPECT_EQ(Json("$a", {{"a", Kind(TypeKind::kDecimal, 38, 0), "12345678901234567890123456789012345678"}}),
            "12345678901234567890123456789012345678");
  EXPECT_EQ(Json("year($a)", {{"a", Kind(TypeKind::kDate), "2011-05-01"}}), "2011");
  EXPECT_EQ(Json("$a", {{"a", Kind(TypeKind::kTimestamp), "2011-05-01T10:00:00+02:00"}}), "\"2011-05-01T08:00:00Z\"");
  EXPECT_EQ(Json("$a", {{"a", Kind(TypeKind::kString), "'; DROP TABLE t --"}}), "\"'; DROP TABLE t --\"");
  EXPECT_EQ(Json("$a IS NULL", {{"a", Kind(TypeKind::kInt), std::nullopt}}), "true");
  EXPECT_EQ(Json("$a", {{"a", Kind(TypeKind::kBool), "true"}}), "true");
}

TEST_F(ValueTextTest, WrongAndMissingParametersAreInvalid) {
  EXPECT_EQ(Json("$a", {{"a", Kind(TypeKind::kInt), "six"}}), "error: invalid");
  EXPECT_EQ(Json("$a", {{"b", Kind(TypeKind::kInt), "6"}}), "error: invalid");
  EXPECT_EQ(Json("1", {{"b", Kind(TypeKind::kInt), "6"}}), "1");
}

TEST_F(ValueTextTest, FailuresTellTheirKind) {
  EXPECT_EQ(Json("nothing_of_this_name"), "error: invalid");
  EXPECT_EQ(Json("CAST(range::VARCHAR || 'x' AS INTEGER) FROM range(10)"), "error: invalid");
}

TEST_F(ValueTextTest, StoppedQueryEndsCancelledAndTheConnectionGoesOn) {
  std::stop_source already;
  already.request_stop();
  EXPECT_EQ(QueryCursor::Open(*connection_, "SELECT 1", {}, already.get_token()).error().code(), ErrorCode::kCancelled);
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  auto cursor = QueryCursor::Open(*connection_, "SELECT count(*) FROM range(100000000000) a", {}, source.get_token());
  stopper.join();
  ErrorCode code = ErrorCode::kInternal;
  if (!cursor) {
    code = cursor.error().code();
  } else {
    auto more = (*cursor)->Next();
    if (!more) code = more.error().code();
  }
  EXPECT_EQ(code, ErrorCode::kCancelled);
  cursor = Fail(Error::Cancelled(""));
  EXPECT_EQ(Json("42"), "42");
}

TEST_F(ValueTextTest, LargeAnswersComeInBlocks) {
  auto cursor = QueryCursor::Open(*connection_, "SELECT range, 'text ' || range FROM range(100000)", {}, {});
  ASSERT_TRUE(cursor);
  size_t rows = 0;
  size_t largest = 0;
  while (*(*cursor)->Next()) {
    largest = std::max(largest, (*cursor)->row_count());
    rows += (*cursor)->row_count();
  }
  EXPECT_EQ(rows, 100'000U);
  EXPECT_LE(largest, 2048U);
}

}  // namespace
}  // namespace tailrace::sql
