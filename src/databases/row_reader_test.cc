#include "databases/row_reader.h"

#include <gtest/gtest.h>

#include "databases/row_json.h"

namespace tailrace {
namespace {

using Row = std::vector<std::optional<std::string>>;

// Rows in the order in which a server would give them; of a query it looks at the lower bound alone.
class FakeDatabase final : public Database {
 public:
  explicit FakeDatabase(std::vector<DatabaseColumn> columns, std::vector<Row> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}

  std::vector<Row>& rows() { return rows_; }
  void FailAfter(size_t rows) { fails_after_ = rows; }

  Result<std::vector<DatabaseColumn>> Columns(const std::string&) override { return columns_; }
  Result<std::vector<std::string>> PrimaryKey(const std::string&) override { return std::vector<std::string>{"id"}; }
  Status Query(const std::string& sql) override {
    size_t bound = sql.find(">= ");
    from_ = bound == std::string::npos ? INT64_MIN : std::stoll(sql.substr(bound + 3));
    at_ = 0;
    given_ = 0;
    return {};
  }
  Result<bool> Next() override {
    if (given_ == fails_after_) return Fail(Error::Unavailable("lost"));
    while (at_ < rows_.size() && std::stoll(*rows_[at_][0]) < from_) ++at_;
    if (at_ == rows_.size()) return false;
    row_ = rows_[at_++];
    ++given_;
    return true;
  }
  std::optional<std::string_view> Value(size_t column) override {
    if (!row_[column]) return std::nullopt;
    return *row_[column];
  }
  std::string QuoteName(std::string_view name) const override { return std::string(name); }
  std::string Expression(const DatabaseColumn& column) const override { return column.name; }
  std::string OrderExpression(const DatabaseColumn& column) const override { return column.name; }
  std::string TimeLiteral(std::string_view text) const override { return std::string(text); }
  void Abort() override {}

 private:
  const std::vector<DatabaseColumn> columns_;
  std::vector<Row> rows_;
  Row row_;
  int64_t from_ = INT64_MIN;
  size_t at_ = 0;
  size_t given_ = 0;
  size_t fails_after_ = SIZE_MAX;
};

Type Scalar(const std::string& text) {
  Type type;
  std::string error;
  EXPECT_TRUE(ParseScalarType(text, &type, &error)) << error;
  return type;
}

const std::vector<DatabaseColumn> kIdAndText = {{"id", ValueKind::kInteger}, {"t", ValueKind::kText}};

DatabaseSourceOptions ById() {
  DatabaseSourceOptions options;
  options.tables = {{"", "things", "", {}}};
  options.cursor = "id";
  return options;
}

// The rows of the next batch, `lost`, or `end`.
std::string Take(RowReader& reader, RowBatch* rows, size_t bytes_max) {
  rows->Clear();
  auto batch = reader.Read(bytes_max, rows, {});
  if (!batch) return batch.error().message();
  if (batch->end) return "end";
  std::string text;
  for (const SourceRow& row : rows->Take()) text += std::to_string(row.place) + std::string(row.json) + " ";
  return text + "next " + std::to_string(batch->next);
}

TEST(CursorReader, RowsOfOneValueAreNeverApart) {
  FakeDatabase database(kIdAndText, {{"1", "a"}, {"2", "b"}, {"2", "c"}, {"2", "d"}, {"3", "e"}});
  auto reader = MakeCursorReader(ById(), SystemClock());
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  // A row has some fifteen bytes: a batch is full after one.
  EXPECT_EQ(Take(*reader, &rows, 5), R"(1{"id":1,"t":"a"} next 2)");
  EXPECT_EQ(Take(*reader, &rows, 5), R"(2{"id":2,"t":"b"} 2{"id":2,"t":"c"} 2{"id":2,"t":"d"} next 3)");
  EXPECT_EQ(Take(*reader, &rows, 5), R"(3{"id":3,"t":"e"} next 4)");
  EXPECT_EQ(Take(*reader, &rows, 5), "end");
}

TEST(CursorReader, ALostConnectionLosesNoRow) {
  FakeDatabase database(kIdAndText, {{"1", "a"}, {"2", "b"}, {"3", "c"}});
  auto reader = MakeCursorReader(ById(), SystemClock());
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  EXPECT_EQ(Take(*reader, &rows, 5), R"(1{"id":1,"t":"a"} next 2)");
  database.FailAfter(2);
  EXPECT_EQ(Take(*reader, &rows, 500), "lost");
  database.FailAfter(SIZE_MAX);
  ASSERT_TRUE(reader->Connected(database));
  EXPECT_EQ(Take(*reader, &rows, 500), R"(2{"id":2,"t":"b"} 3{"id":3,"t":"c"} next 4)");
}

TEST(CursorReader, APositionHoldsWhateverWasDeletedSince) {
  FakeDatabase database(kIdAndText, {{"5", "e"}, {"9", "i"}});
  auto reader = MakeCursorReader(ById(), SystemClock());
  ASSERT_TRUE(reader->Resume({6, ""}));
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  EXPECT_EQ(Take(*reader, &rows, 500), R"(9{"id":9,"t":"i"} next 10)");
}

TEST(CursorReader, ATextIsNoCursor) {
  FakeDatabase database(kIdAndText, {});
  DatabaseSourceOptions options = ById();
  options.cursor = "t";
  EXPECT_EQ(MakeCursorReader(options, SystemClock())->Connected(database).error().code(), ErrorCode::kInvalid);
  options.cursor = "other";
  EXPECT_EQ(MakeCursorReader(options, SystemClock())->Connected(database).error().code(), ErrorCode::kInvalid);
}

TEST(WholeReader, GoesOnOnlyWhereWhatLiesBeforeIsTheSame) {
  FakeDatabase database(kIdAndText, {{"1", "a"}, {"2", "b"}, {"3", "c"}});
  const DatabaseTable table{"", "things", "", {}};
  auto reader = MakeWholeReader(table);
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  rows.Clear();
  auto batch = reader->Read(20, &rows, {});
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->next, 2);
  const ResumePoint point{batch->next, batch->detail};

  auto again = MakeWholeReader(table);
  ASSERT_TRUE(again->Resume(point));
  ASSERT_TRUE(again->Connected(database));
  EXPECT_EQ(Take(*again, &rows, 500), R"(2{"id":3,"t":"c"} next 3)");

  database.rows()[0][1] = "other";
  auto changed = MakeWholeReader(table);
  ASSERT_TRUE(changed->Resume(point));
  EXPECT_EQ(changed->Connected(database).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(MakeWholeReader(table)->Resume({2, "xyz"}).error().code(), ErrorCode::kCorruption);
}

// Of the last batch some partitions may have rows and others not: had the table changed there, rows would be lost and others come twice.
TEST(WholeReader, WhatTheLogMayHoldSomeOfComesAsItWasOrNotAtAll) {
  FakeDatabase database(kIdAndText, {{"1", "a"}, {"2", "b"}, {"3", "c"}, {"4", "d"}});
  const DatabaseTable table{"", "things", "", {}};
  auto reader = MakeWholeReader(table);
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  rows.Clear();
  const auto first = reader->Read(5, &rows, {});
  ASSERT_TRUE(first);
  rows.Clear();
  const auto second = reader->Read(20, &rows, {});
  ASSERT_TRUE(second);
  ASSERT_EQ(second->next, 3);
  const ResumePoint point{first->next, first->detail, second->next, second->detail};

  // Whole, however little is asked for.
  auto again = MakeWholeReader(table);
  ASSERT_TRUE(again->Resume(point));
  ASSERT_TRUE(again->Connected(database));
  EXPECT_EQ(Take(*again, &rows, 1), R"(1{"id":2,"t":"b"} 2{"id":3,"t":"c"} next 3)");
  EXPECT_EQ(Take(*again, &rows, 1), R"(3{"id":4,"t":"d"} next 4)");
  EXPECT_EQ(Take(*again, &rows, 1), "end");

  const auto code_with = [&](std::vector<Row> now) {
    database.rows() = std::move(now);
    auto changed = MakeWholeReader(table);
    EXPECT_TRUE(changed->Resume(point));
    EXPECT_TRUE(changed->Connected(database));
    rows.Clear();
    const auto batch = changed->Read(1, &rows, {});
    return batch ? ErrorCode::kInternal : batch.error().code();
  };
  EXPECT_EQ(code_with({{"1", "a"}, {"2", "other"}, {"3", "c"}}), ErrorCode::kConflict);
  EXPECT_EQ(code_with({{"1", "a"}, {"2", "b"}, {"3", "between"}, {"4", "c"}}), ErrorCode::kConflict);
  EXPECT_EQ(code_with({{"1", "a"}, {"2", "b"}}), ErrorCode::kConflict);
  EXPECT_EQ(MakeWholeReader(table)->Resume({0, "", 3, "xyz"}).error().code(), ErrorCode::kCorruption);
}

TEST(RandomReader, TheSameSeedDrawsTheSameRowsFromAnyPlaceOn) {
  FakeDatabase database(kIdAndText, {{"40", "a"}});
  DatabaseSourceOptions options;
  options.tables = {{"a", "x", "", {}}, {"b", "y", "", {}}};
  options.random = RandomRows{3, {}, 1};
  auto reader = MakeRandomReader(options, SystemClock());
  ASSERT_TRUE(reader->Resume({2, ""}));
  ASSERT_TRUE(reader->Connected(database));
  RowBatch rows;
  EXPECT_EQ(Take(*reader, &rows, 500), R"(2{"a":{"id":40,"t":"a"},"b":{"id":40,"t":"a"}} next 3)");
  EXPECT_EQ(Take(*reader, &rows, 500), "end");
}

std::string Written(ValueKind kind, const std::optional<std::string>& value, const std::string& type = "") {
  FakeDatabase database({{"id", ValueKind::kInteger}, {"f", kind}}, {{"0", value}});
  EXPECT_TRUE(database.Query("") && *database.Next());
  Schema schema;
  if (!type.empty()) schema.fields = {{"f", Scalar(type)}};
  std::string out;
  RowJson({{"id", ValueKind::kInteger}, {"f", kind}}, schema).Append(database, &out);
  const std::string before = "{\"id\":0,\"f\":";
  return out.substr(before.size(), out.size() - before.size() - 1);
}

TEST(RowJson, NumbersKeepTheirDigits) {
  EXPECT_EQ(Written(ValueKind::kNumber, "12345678901234567890.10"), "12345678901234567890.10");
  EXPECT_EQ(Written(ValueKind::kNumber, "1e-20"), "1e-20");
  // What JSON has no number for is a text.
  for (const char* text : {"NaN", "-Infinity", "007", ".5", "1.", "-", "1e", "+1"})
    EXPECT_EQ(Written(ValueKind::kNumber, text), "\"" + std::string(text) + "\"");
  EXPECT_EQ(Written(ValueKind::kNumber, "1.50", "string"), "\"1.50\"");
  EXPECT_EQ(Written(ValueKind::kInteger, "1", "bool"), "\"1\"");
  EXPECT_EQ(Written(ValueKind::kInteger, std::nullopt), "null");
}

TEST(RowJson, TimesAreWrittenAsTheirFieldsWantThem) {
  EXPECT_EQ(Written(ValueKind::kTime, "2020-01-01 12:00:00.5+02"), "\"2020-01-01T10:00:00.5Z\"");
  EXPECT_EQ(Written(ValueKind::kTime, "2020-01-01 12:00:00", "timestamp(%d.%m.%Y %H:%M)"), "\"01.01.2020 12:00\"");
  EXPECT_EQ(Written(ValueKind::kTime, "1970-01-01 00:00:02", "timestamp(ms)"), "2000");
  EXPECT_EQ(Written(ValueKind::kTime, "2020-01-01 12:00:00+00", "string"), "\"2020-01-01 12:00:00+00\"");
  EXPECT_EQ(Written(ValueKind::kDate, "2020-02-29", "date(%d/%m/%Y)"), "\"29/02/2020\"");
  EXPECT_EQ(Written(ValueKind::kTime, "infinity"), "\"infinity\"");
}

TEST(RowJson, JsonStaysJsonOnOneLine) {
  EXPECT_EQ(Written(ValueKind::kJson, "{\n\"a\": 1.00}"), "{ \"a\": 1.00}");
  EXPECT_EQ(Written(ValueKind::kText, "{\"a\":1}", "json"), "\"{\\\"a\\\":1}\"");
}

}  // namespace
}  // namespace tailrace
