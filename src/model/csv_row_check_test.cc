#include "model/csv_row_check.h"

#include <gtest/gtest.h>

#include <random>

#include "model/csv_reader.h"
#include "model/record_decoder.h"

namespace tailrace {
namespace {

Schema SchemaOf(const std::vector<std::pair<std::string, std::string>>& fields, UnknownFields unknown = UnknownFields::kReject) {
  Schema schema;
  schema.unknown_fields = unknown;
  for (const auto& [name, type] : fields) {
    Field field{name, {}};
    std::string error;
    EXPECT_TRUE(ParseScalarType(type, &field.type, &error)) << error;
    schema.fields.push_back(field);
  }
  return schema;
}

// What the check and the decoder make of the rows of a text.
class BothWays {
 public:
  BothWays(const Schema& schema, const std::string& key)
      : reader_(schema, {}), check_(schema, key), decoder_(RecordDecoder::Compile(schema, key).value()) {}

  // Fails the test where the check lets through what the decoder refuses, or takes for another key.
  void Read(std::string_view text) {
    size_t at = 0;
    int64_t lines = 0;
    const Status header = reader_.ReadHeader(text, true, &at, &lines);
    ASSERT_TRUE(header) << header.error().message();
    check_.SetHeader(reader_.names());
    while (true) {
      CsvRow row;
      std::string json;
      const CsvStep step = reader_.Next(text.substr(at), true, &row, &json);
      if (step == CsvStep::kMore) return;
      at += row.next;
      if (step == CsvStep::kRow) Compare(row, json);
    }
  }

  int passed = 0;
  int taken = 0;

 private:
  void Compare(const CsvRow& row, std::string json) {
    const bool passes = check_.Passes(row);
    const size_t size = json.size();
    json.resize(size + RecordDecoder::kPadding);
    const bool takes = decoder_.Decode(std::string_view(json).substr(0, size), nullptr).has_value();
    passed += passes ? 1 : 0;
    taken += takes ? 1 : 0;
    if (!passes) return;
    EXPECT_TRUE(takes) << json;
    EXPECT_EQ(check_.key(), decoder_.key()) << json;
  }

  CsvReader reader_;
  CsvRowCheck check_;
  RecordDecoder decoder_;
};

TEST(CsvRowCheck, PlainRowsPassWithTheirKey) {
  const Schema schema = SchemaOf({{"id", "int"}, {"price", "decimal(12,3)"}, {"at", "timestamp(%m/%d/%Y %H:%M)"}, {"note", "string?"}, {"n", "int?"}});
  for (const char* key : {"", "id", "price", "at", "note", "n"}) {
    BothWays both(schema, key);
    both.Read("id,price,at,note,n\n1,2.5,12/1/2010 8:26,a,\n\"+007\",2,1/2/2011 0:00,\"a,b\",-1\n");
    EXPECT_EQ(both.passed, 2) << key;
    EXPECT_EQ(both.taken, 2) << key;
  }
}

TEST(CsvRowCheck, WhatIsNotPlainIsLeftToTheDecoder) {
  BothWays both(SchemaOf({{"id", "int"}, {"note", "string"}}), "");
  both.Read("id,note\n1,caf\xC3\xA9\n2,a\"\"b\n3,\"a\nb\"\n4,a\\b\n5,\xC3\n");
  EXPECT_EQ(both.passed, 0);
  EXPECT_EQ(both.taken, 4);
}

TEST(CsvRowCheck, RowsOfSchemasWithJsonAreLeftToTheDecoder) {
  BothWays both(SchemaOf({{"id", "int"}, {"more", "json?"}}), "id");
  both.Read("id,more\n1,\n2,3\n");
  EXPECT_EQ(both.passed, 0);
  EXPECT_EQ(both.taken, 2);
}

TEST(CsvRowCheck, ColumnsThatTheSchemaDropsTakeAnyText) {
  BothWays both(SchemaOf({{"id", "int"}}, UnknownFields::kDrop), "id");
  both.Read("what,id\nx,1\n,2\ny,z\n");
  EXPECT_EQ(both.passed, 2);
  EXPECT_EQ(both.taken, 2);
}

TEST(CsvRowCheck, ColumnsWithANameThatJsonCannotHoldAreLeftToTheDecoder) {
  for (const std::string_view name : {std::string_view("b\xBB"), std::string_view("\xED\xA0\x80"), std::string_view("a\0b", 3)}) {
    BothWays both(SchemaOf({{"id", "int"}}, UnknownFields::kKeep), "id");
    both.Read("id," + std::string(name) + "\n1,2\n");
    EXPECT_EQ(both.passed, 0);
    EXPECT_EQ(both.taken, 0);
  }
}

// Every kind of scalar, and cells that are nearly of it.
TEST(CsvRowCheck, NothingPassesThatTheDecoderRefuses) {
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"i", "int"},  {"ni", "int?"}, {"d", "double"},          {"c", "decimal(6,2)"},    {"b", "bool?"},      {"s", "string"},
      {"ns", "string?"}, {"y", "date"}, {"t", "timestamp"}, {"e", "timestamp(ms)?"}, {"f", "timestamp(%d/%m/%Y)"}};
  const std::vector<std::string> cells = {"", "0", "1", "-1", "+1", "007", "1.0", "1.5", "1e3", "1e400", "99999.99", "9999.999", "9223372036854775808", "true",
                                          "TRUE", "no", "null", "NaN", "2020-02-29", "2021-02-29", "2020-01-01T00:00:00Z", "2020-01-01 00:00:00", "31/12/2020",
                                          "31/13/2020", " 1", "1 ", "\"\"", "\"a,b\"", "\"a\"\"b\"", "\xC3\xA9", "\xFF", "{}", "[1]", "\\u0041"};
  std::string header;
  for (const auto& [name, type] : fields) header += (header.empty() ? "" : ",") + name;
  std::mt19937 chance(1);
  for (const auto& [key, type] : fields) {
    BothWays both(SchemaOf(fields), key);
    std::string text = header + "\n1,,2.5,1.25,,a,,2020-01-01,2020-01-01T00:00:00Z,,1/1/2020\n";
    for (int row = 0; row < 2000; ++row) {
      // Mostly a good row with one cell changed, which is what reaches every reader.
      std::vector<std::string> of_row = {"1", "", "2.5", "1.25", "true", "a", "", "2020-01-01", "2020-01-01T00:00:00Z", "5", "1/1/2020"};
      for (int changes = 0; changes <= row % 3; ++changes) of_row[chance() % of_row.size()] = cells[chance() % cells.size()];
      for (size_t i = 0; i < of_row.size(); ++i) text += (i == 0 ? "" : ",") + of_row[i];
      text += "\n";
    }
    both.Read(text);
    EXPECT_GT(both.passed, 200) << key;
    EXPECT_LT(both.passed, 2001) << key;
  }
}

}  // namespace
}  // namespace tailrace
