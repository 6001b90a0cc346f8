#include "model/definition.h"

#include <gtest/gtest.h>

#include <utility>

namespace tailrace {
namespace {

Field FieldOf(std::string name, std::string_view type) {
  Field field{std::move(name), {}};
  std::string error;
  EXPECT_TRUE(ParseScalarType(type, &field.type, &error)) << error;
  return field;
}

Schema Of(std::vector<std::pair<std::string, std::string>> fields, UnknownFields unknown = UnknownFields::kReject) {
  Schema schema;
  for (const auto& [name, type] : fields) schema.fields.push_back(FieldOf(name, type));
  schema.unknown_fields = unknown;
  return schema;
}

// A table that reads `a` and nothing else.
std::string Text(const Schema& schema, bool all = false, const std::string& query = "q") {
  return DefinitionText({"1-old", query, schema, all, {"a"}});
}

bool Stays(const Schema& before, const Schema& after, bool all = false) {
  return !CompareDefinitions(Text(before, all), Text(after, all)).must_rebuild;
}

bool RowsStay(const Schema& before, const Schema& after) {
  return !CompareStoredRows(Text(before, true), Text(after, true)).must_rebuild;
}

const Schema kBefore = Of({{"a", "int"}, {"b", "decimal(6,2)"}});

TEST(DefinitionTest, ANewFieldThatMayBeAbsentChangesNoAnswer) {
  EXPECT_TRUE(Stays(kBefore, Of({{"a", "int"}, {"n", "string?"}, {"b", "decimal(6,2)"}})));
  EXPECT_TRUE(RowsStay(kBefore, Of({{"n", "string?"}, {"a", "int"}, {"b", "decimal(6,2)"}})));
  EXPECT_FALSE(Stays(kBefore, Of({{"a", "int"}, {"b", "decimal(6,2)"}, {"n", "string"}}))) << "older records lack it";
  EXPECT_FALSE(RowsStay(kBefore, Of({{"a", "int"}, {"b", "decimal(6,2)"}, {"n", "string"}})));
  EXPECT_FALSE(Stays(kBefore, Of({{"a", "int"}, {"b", "decimal(6,2)"}, {"n", "string?"}}), true)) << "SELECT * takes it in";
}

TEST(DefinitionTest, ANewFieldWhereUnknownOnesWereLetInMustBeReadAgain) {
  for (const UnknownFields unknown : {UnknownFields::kDrop, UnknownFields::kKeep}) {
    const Schema before = Of({{"a", "int"}}, unknown);
    const Schema after = Of({{"a", "int"}, {"n", "int?"}}, unknown);
    EXPECT_FALSE(Stays(before, after));
    EXPECT_FALSE(RowsStay(before, after));
  }
}

TEST(DefinitionTest, AWiderTypeIsTakenWhereNoAnswerDependsOnIt) {
  EXPECT_TRUE(Stays(kBefore, Of({{"a", "int"}, {"b", "decimal(12,3)"}})));
  EXPECT_FALSE(Stays(kBefore, Of({{"a", "int"}, {"b", "decimal(6,3)"}}))) << "fewer digits before the point";
  EXPECT_FALSE(Stays(kBefore, Of({{"a", "double"}, {"b", "decimal(6,2)"}}))) << "it is read";
  EXPECT_TRUE(RowsStay(kBefore, Of({{"a", "double"}, {"b", "decimal(12,3)"}})));
  EXPECT_FALSE(RowsStay(kBefore, Of({{"a", "int"}, {"b", "double"}})));
  EXPECT_FALSE(RowsStay(kBefore, Of({{"a", "bool"}, {"b", "decimal(6,2)"}})));
}

TEST(DefinitionTest, MayBeAbsentCanBeAddedAndNotTakenAway) {
  const Schema wider = Of({{"a", "int?"}, {"b", "decimal(6,2)?"}});
  EXPECT_TRUE(Stays(kBefore, wider));
  EXPECT_TRUE(Stays(kBefore, wider, true));
  EXPECT_TRUE(RowsStay(kBefore, wider));
  EXPECT_FALSE(Stays(wider, kBefore));
  EXPECT_FALSE(RowsStay(wider, kBefore));
}

TEST(DefinitionTest, AFieldThatGoesMakesRecordsUnfit) {
  EXPECT_FALSE(Stays(kBefore, Of({{"a", "int"}})));
  EXPECT_TRUE(Stays(kBefore, Of({{"a", "int"}}, UnknownFields::kDrop))) << "it was not read and is let in as unknown";
  EXPECT_FALSE(RowsStay(kBefore, Of({{"a", "int"}}, UnknownFields::kDrop)));
}

TEST(DefinitionTest, StrictnessMayOnlyGoDown) {
  const Schema drop = Of({{"a", "int"}, {"b", "decimal(6,2)"}}, UnknownFields::kDrop);
  EXPECT_TRUE(Stays(kBefore, drop));
  EXPECT_FALSE(Stays(drop, kBefore));
}

TEST(DefinitionTest, AnotherQueryIsNamedAsTheReason) {
  const DefinitionChange change = CompareDefinitions(Text(kBefore), Text(kBefore, false, "other"));
  ASSERT_TRUE(change.must_rebuild);
  ASSERT_EQ(change.reasons.size(), 1U);
  EXPECT_NE(change.reasons[0].find("SQL"), std::string::npos);
}

TEST(DefinitionTest, AFingerprintOfTheVersionBeforeIsKnown) {
  EXPECT_FALSE(CompareDefinitions("1-old", Text(kBefore)).must_rebuild);
  EXPECT_TRUE(CompareDefinitions("1-other", Text(kBefore)).must_rebuild);
}

TEST(DefinitionTest, NamesWithQuotesAndBreaksAreToldApart) {
  const Schema strange = Of({{"a", "int"}, {"x\"\\\n:y", "int?"}});
  EXPECT_TRUE(Stays(Of({{"a", "int"}}), strange));
  EXPECT_FALSE(Stays(strange, Of({{"a", "int"}})));
}

}  // namespace
}  // namespace tailrace
