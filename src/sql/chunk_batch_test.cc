#include "sql/chunk_batch.h"

#include <gtest/gtest.h>

#include "sql/batch_function.h"
#include "sql/chunk_appender.h"
#include "sql/query_cursor.h"
#include "sql/statement.h"

namespace tailrace::sql {
namespace {

Field Of(std::string name, TypeKind kind, uint8_t width = 0, uint8_t scale = 0) {
  Type type;
  type.kind = kind;
  type.nullable = true;
  type.width = width;
  type.scale = scale;
  return {std::move(name), type};
}

Field Nested(std::string name, TypeKind kind, std::vector<Field> fields) {
  Field field = Of(std::move(name), kind);
  field.type.fields = std::move(fields);
  return field;
}

class ChunkBatchTest : public ::testing::Test {
 protected:
  void Open(std::vector<Field> fields, bool with_extra = false, bool with_record = false) {
    Schema schema;
    schema.fields = std::move(fields);
    if (with_extra) schema.unknown_fields = UnknownFields::kKeep;
    layout_ = std::make_shared<const BatchLayout>(schema, with_record);
    batch_ = std::make_unique<ChunkBatch>(layout_);
    DatabaseOptions options;
    options.path = ":memory:";
    database_ = *Database::Open(options);
    connection_ = *database_->Connect();
    relation_ = *BatchRelation::Create(*connection_, layout_, {"batch", true});
  }

  template <typename Fill>
  void Row(const Fill& fill) {
    batch_->BeginRow();
    fill(*batch_);
    const auto row = static_cast<int64_t>(batch_->row_count());
    batch_->Stamp(PartitionId{1}, Offset{row}, Seq{row + 1}, 1'700'000'000'123, R"({"raw":1})");
    batch_->CommitRow();
  }

  void IntRows(int count) {
    for (int i = 0; i < count; ++i) Row([i](RowSink& row) { row.Column(0).Int(i); });
  }

  void Show(size_t begin = 0, size_t end = SIZE_MAX, std::vector<size_t> excluded = {}) {
    relation_->Show({batch_.get(), begin, std::min(end, batch_->row_count()), std::move(excluded)});
  }

  // Rows of JSON texts, joined by commas and semicolons.
  std::string Ask(const std::string& sql) {
    auto cursor = QueryCursor::Open(*connection_, sql, {}, {});
    if (!cursor) return "error: " + cursor.error().message();
    std::string answer;
    while (true) {
      auto more = (*cursor)->Next();
      if (!more) return "error: " + more.error().message();
      if (!*more) return answer;
      for (size_t row = 0; row < (*cursor)->row_count(); ++row) {
        if (!answer.empty()) answer += "; ";
        const auto values = (*cursor)->Row(row);
        for (size_t i = 0; i < values.size(); ++i) answer.append(i > 0 ? ", " : "").append(values[i]);
      }
    }
  }

  std::shared_ptr<const BatchLayout> layout_;
  std::unique_ptr<ChunkBatch> batch_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<BatchRelation> relation_;
};

TEST_F(ChunkBatchTest, EveryScalarTypeArrivesAsWritten) {
  Open({Of("i", TypeKind::kInt), Of("d", TypeKind::kDouble), Of("b", TypeKind::kBool), Of("s", TypeKind::kString),
        Of("day", TypeKind::kDate), Of("t", TypeKind::kTimestamp), Of("j", TypeKind::kJson)});
  Row([](RowSink& row) {
    row.Column(6).String(R"({"x":[1]})");
    row.Column(0).Int(INT64_MIN);
    row.Column(1).Double(0.1);
    row.Column(2).Bool(true);
    row.Column(3).String("a \"long enough to be kept outside of the vector\" \xc3\xa9");
    row.Column(4).Date(-1);
    row.Column(5).Timestamp(-1);
  });
  Row([](RowSink&) {});
  Show();
  EXPECT_EQ(
      Ask("SELECT i, d, b, s, day, t, j, typeof(j) FROM batch"),
      "-9223372036854775808, 0.1, true, \"a \\\"long enough to be kept outside of the vector\\\" \xc3\xa9\", "
      "\"1969-12-31\", "
      "\"1969-12-31T23:59:59.999999Z\", {\"x\":[1]}, \"JSON\"; null, null, null, null, null, null, null, \"JSON\"");
}

TEST_F(ChunkBatchTest, DecimalsOfEveryWidthKeepTheirDigits) {
  Open({Of("a", TypeKind::kDecimal, 4, 2), Of("b", TypeKind::kDecimal, 9, 3), Of("c", TypeKind::kDecimal, 18, 0),
        Of("d", TypeKind::kDecimal, 38, 10)});
  const Int128 wide = -(static_cast<Int128>(1'000'000'000'000'000'000) * 1'000'000'000'000'000'000 + 7);
  Row([&](RowSink& row) {
    row.Column(0).Decimal(-9999);
    row.Column(1).Decimal(50);
    row.Column(2).Decimal(999'999'999'999'999'999);
    row.Column(3).Decimal(wide);
  });
  Show();
  EXPECT_EQ(Ask("SELECT a, b, c, d FROM batch"),
            "-99.99, 0.050, 999999999999999999, -100000000000000000000000000.0000000007");
}

TEST_F(ChunkBatchTest, OwnColumnsFollowTheFields) {
  Open({Of("i", TypeKind::kInt)}, true, true);
  Row([](RowSink& row) { row.Column(1).String(R"({"more":true})"); });
  Show();
  EXPECT_EQ(Ask("SELECT * FROM batch"), R"(null, 1, 0, 1, "2023-11-14T22:13:20.123Z", {"more":true}, {"raw":1}, 0)");
}

TEST_F(ChunkBatchTest, NestedValuesNullsAndEmptyOnes) {
  Field item = Nested("item", TypeKind::kStruct, {Of("name", TypeKind::kString), Of("n", TypeKind::kInt)});
  Open({Nested("s", TypeKind::kStruct,
               {Of("x", TypeKind::kInt), Nested("inner", TypeKind::kStruct, {Of("y", TypeKind::kString)})}),
        Nested("l", TypeKind::kList, {item}), Nested("m", TypeKind::kMap, {Of("value", TypeKind::kDecimal, 18, 6)}),
        Nested("ll", TypeKind::kList, {Nested("e", TypeKind::kList, {Of("e", TypeKind::kInt)})})});
  Row([](RowSink& row) {
    ValueSink& s = row.Column(0);
    ValueSink& inner = s.Field(1);
    inner.Field(0).String("deep");
    inner.End();
    s.End();
    ValueSink& l = row.Column(1);
    ValueSink& first = l.Element();
    first.Field(1).Int(1);
    first.End();
    l.Element().Null();
    l.End();
    ValueSink& m = row.Column(2);
    m.Entry("k").Decimal(1'500'000);
    m.Entry("none").Null();
    m.End();
    ValueSink& ll = row.Column(3);
    ValueSink& inner_list = ll.Element();
    inner_list.Element().Int(1);
    inner_list.Element().Int(2);
    inner_list.End();
    ll.Element().End();
    ll.Element().Null();
    ll.End();
  });
  Row([](RowSink& row) {
    row.Column(0).Null();
    row.Column(1).End();
    row.Column(2).Null();
  });
  Show();
  EXPECT_EQ(
      Ask("SELECT s, l, m, ll FROM batch"),
      R"({"x":null,"inner":{"y":"deep"}}, [{"name":null,"n":1},null], {"k":1.500000,"none":null}, [[1,2],[],null]; )"
      "null, [], null, null");
  EXPECT_EQ(Ask("SELECT s.inner.y, l[1].n, m['k'], len(ll) FROM batch"),
            "\"deep\", 1, 1.500000, 3; null, null, null, null");
}

TEST_F(ChunkBatchTest, AbandonedRowsLeaveNoTrace) {
  Open({Of("i", TypeKind::kInt), Nested("l", TypeKind::kList, {Of("e", TypeKind::kString)}),
        Nested("s", TypeKind::kStruct, {Of("x", TypeKind::kInt)})});
  for (int i = 0; i < 3000; ++i) {
    batch_->BeginRow();
    batch_->Column(0).Null();
    batch_->Column(1).Element().String("garbage");
    batch_->Column(2).Field(0).Int(7);
    batch_->AbandonRow();
    if (i % 2 == 0) continue;
    Row([i](RowSink& row) {
      row.Column(0).Int(i);
      ValueSink& list = row.Column(1);
      list.Element().String("kept");
      list.End();
      row.Column(2).End();
    });
  }
  Show();
  EXPECT_EQ(Ask("SELECT count(*), count(i), sum(i), sum(len(l)), count(DISTINCT l), min(l[1]), count(s.x) FROM batch"),
            "1500, 1500, 2250000, 1500, 1, \"kept\", 0");
}

TEST_F(ChunkBatchTest, ListsGrowBeyondTheFirstCapacity) {
  Open({Nested("l", TypeKind::kList,
               {Nested("e", TypeKind::kStruct,
                       {Of("n", TypeKind::kInt), Nested("t", TypeKind::kList, {Of("x", TypeKind::kString)})})})});
  constexpr int kRows = 500;
  constexpr int kElements = 50;
  for (int i = 0; i < kRows; ++i) {
    Row([i](RowSink& row) {
      ValueSink& list = row.Column(0);
      for (int k = 0; k < kElements; ++k) {
        ValueSink& element = list.Element();
        if (k % 10 != 9) element.Field(0).Int(i * kElements + k);
        ValueSink& texts = element.Field(1);
        texts.Element().String("text number " + std::to_string(i * kElements + k));
        texts.End();
        element.End();
      }
      list.End();
    });
  }
  Show();
  EXPECT_EQ(Ask("SELECT count(*), count(e.n), sum(e.n), max(e.t[1]) FROM (SELECT unnest(l) AS e FROM batch)"),
            "25000, 22500, 281227500, \"text number 9999\"");
  EXPECT_EQ(Ask("SELECT count(*) FROM (SELECT unnest(l) AS e FROM batch) WHERE e.n IS NOT NULL AND e.t[1] <> 'text "
                "number ' || e.n"),
            "0");
}

TEST_F(ChunkBatchTest, RangesAndExclusionsAreHonoured) {
  Open({Of("i", TypeKind::kInt), Of("s", TypeKind::kString), Nested("l", TypeKind::kList, {Of("e", TypeKind::kInt)})});
  for (int i = 0; i < 5000; ++i) {
    Row([i](RowSink& row) {
      row.Column(0).Int(i);
      if (i % 3 == 0) row.Column(1).String("number " + std::to_string(i));
      row.Column(2).Element().Int(i);
      row.Column(2).End();
    });
  }
  Show(2040, 4100, {2047, 2048, 4099});
  EXPECT_EQ(
      Ask("SELECT count(*), min(i), max(i), sum(i), sum(l[1]), min(_tailrace_row), sum(_tailrace_row) FROM batch"),
      "2057, 2040, 4098, 6314976, 6314976, 2040, 6314976");
  EXPECT_EQ(Ask("SELECT count(*) FROM batch WHERE i IN (2047, 2048, 4099)"), "0");
  EXPECT_EQ(Ask("SELECT count(s) FROM batch"), "687");
  EXPECT_EQ(Ask("SELECT i, s, l FROM batch WHERE i = 2049"), "2049, \"number 2049\", [2049]");
  EXPECT_EQ(Ask("SELECT count(*) FROM batch a JOIN batch b USING (i)"), "2057");
  Show(7, 8);
  EXPECT_EQ(Ask("SELECT i FROM batch"), "7");
  Show(7, 7);
  EXPECT_EQ(Ask("SELECT count(*) FROM batch"), "0");
}

TEST_F(ChunkBatchTest, HiddenBatchIsAnErrorAndNotACrash) {
  Open({Of("i", TypeKind::kInt)});
  EXPECT_TRUE(Ask("SELECT * FROM batch").starts_with("error: "));
  IntRows(1);
  Show();
  EXPECT_EQ(Ask("SELECT i FROM batch"), "0");
  relation_->Hide();
  EXPECT_TRUE(Ask("SELECT * FROM batch").starts_with("error: "));
}

TEST_F(ChunkBatchTest, KeptStatementReadsTheBatchThatIsShown) {
  Open({Of("i", TypeKind::kInt)});
  ASSERT_TRUE(connection_->Execute("CREATE TABLE t(i BIGINT)"));
  auto insert = Statement::Prepare(*connection_, "INSERT INTO t SELECT i FROM batch");
  ASSERT_TRUE(insert) << insert.error().message();
  IntRows(10);
  Show();
  EXPECT_EQ(insert->Run().value(), 10);
  batch_ = std::make_unique<ChunkBatch>(layout_);
  IntRows(3000);
  Show(0, 2500);
  EXPECT_EQ(insert->Run().value(), 2500);
  EXPECT_EQ(Ask("SELECT count(*), sum(i) FROM t"), "2510, 3123795");
}

class ChunkAppenderTest : public ChunkBatchTest {
 protected:
  void SetUp() override {
    Open({Of("i", TypeKind::kInt)}, false, true);
    // `_record` is the last and is not stored.
    ASSERT_TRUE(connection_->Execute("CREATE TABLE t(i BIGINT, p INTEGER, o BIGINT, s BIGINT, a TIMESTAMP)"));
  }

  Result<ChunkAppender> Appender(const std::string& table = "t") {
    return ChunkAppender::Create(*connection_, layout_, {"main", table, 5});
  }
  BatchRows All() { return {batch_.get(), 0, batch_->row_count(), {}}; }
};

TEST_F(ChunkAppenderTest, RowsAreThereAfterTheCommitAndNotAfterARollback) {
  IntRows(5000);
  auto appender = Appender();
  ASSERT_TRUE(appender) << appender.error().message();
  ASSERT_TRUE(connection_->Begin());
  EXPECT_EQ(appender->Append({batch_.get(), 10, 5000, {4999}}).value(), 4989);
  ASSERT_TRUE(connection_->Commit());
  EXPECT_EQ(Ask("SELECT count(*), min(i), max(i), sum(o - i) FROM t"), "4989, 10, 4998, 0");
  ASSERT_TRUE(connection_->Begin());
  ASSERT_TRUE(appender->Append(All()));
  connection_->Rollback();
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "4989");
}

TEST_F(ChunkAppenderTest, OutsideOfATransactionNothingIsAppended) {
  // Alone, an appender commits by itself at 204,800 rows.
  IntRows(210'000);
  auto appender = Appender();
  ASSERT_TRUE(appender);
  EXPECT_FALSE(appender->Append(All()));
  EXPECT_EQ(Ask("SELECT count(*) FROM t"), "0");
}

TEST_F(ChunkAppenderTest, ManyRowsInATransactionAreStillOneCommit) {
  IntRows(210'000);
  auto other = *database_->Connect();
  auto appender = Appender();
  ASSERT_TRUE(appender);
  ASSERT_TRUE(connection_->Begin());
  ASSERT_TRUE(appender->Append(All()));
  EXPECT_EQ(other->Query("SELECT count(*) FROM t")->rows[0][0], "0");
  connection_->Rollback();
  EXPECT_EQ(other->Query("SELECT count(*) FROM t")->rows[0][0], "0");
}

TEST_F(ChunkAppenderTest, RefusedChunkFailsTheCommitThoughTheFlushSaysOk) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE n(i TINYINT, p INTEGER, o BIGINT, s BIGINT, a TIMESTAMP)"));
  IntRows(3000);  // from 128 on they do not fit
  auto appender = Appender("n");
  ASSERT_TRUE(appender) << appender.error().message();
  ASSERT_TRUE(connection_->Begin());
  EXPECT_FALSE(appender->Append(All()));
  EXPECT_FALSE(connection_->Commit());
  EXPECT_EQ(Ask("SELECT count(*) FROM n"), "0");
}

TEST_F(ChunkAppenderTest, WhatWasNotFlushedGoesWithTheAppender) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE n(i TINYINT, p INTEGER, o BIGINT, s BIGINT, a TIMESTAMP)"));
  for (int i = 0; i < 3000; ++i) Row([i](RowSink& row) { row.Column(0).Int(i < 2048 ? 1 : 1000); });
  {
    auto appender = Appender("n");
    ASSERT_TRUE(connection_->Begin());
    // The first chunk fits and is held by the appender when the second is refused.
    EXPECT_FALSE(appender->Append(All()));
    connection_->Rollback();
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM n"), "0");
}

TEST_F(ChunkAppenderTest, TableOfAnotherWidthIsRefused) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE narrow(i BIGINT)"));
  EXPECT_FALSE(Appender("narrow"));
  EXPECT_FALSE(Appender("nowhere"));
}

}  // namespace
}  // namespace tailrace::sql
