#include "model/delta_action.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(DeltaAction, AnAddSaysItsFileItsPartitionAndWhetherRowsAreNew) {
  const auto action = ParseDeltaAction(R"({"add":{"path":"day=1/a%20b.parquet","partitionValues":{"day":"1","shop":null},"size":5,
                                           "dataChange":false,"stats":"{\"numRecords\":7}"}})");
  ASSERT_TRUE(action && action->add);
  EXPECT_EQ(action->add->path, "day=1/a%20b.parquet");
  EXPECT_EQ(action->add->partition.at("day"), "1");
  EXPECT_EQ(action->add->partition.at("shop"), std::nullopt);
  EXPECT_EQ(action->add->records, 7);
  EXPECT_FALSE(action->add->data_change);
  EXPECT_FALSE(action->add->has_deletions);
}

TEST(DeltaAction, ARowOfACheckpointHasNullsForTheOtherActions) {
  const auto action = ParseDeltaAction(R"({"add":null,"remove":{"path":"x","dataChange":null},"metaData":null,"protocol":null})");
  ASSERT_TRUE(action && action->remove && !action->add);
  EXPECT_EQ(action->remove->path, "x");
  EXPECT_TRUE(action->remove->data_change);
  const auto none = ParseDeltaAction(R"({"commitInfo":{"operation":"WRITE"}})");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->add || none->remove || none->table || none->protocol);
}

TEST(DeltaAction, ATableHasColumnsOfWhichSomeAreNested) {
  const auto action = ParseDeltaAction(R"({"metaData":{"id":"t","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"decimal(9,2)\"},
      {\"name\":\"b\",\"type\":{\"type\":\"array\",\"elementType\":\"long\"}}]}","partitionColumns":["a"],"configuration":{"x":"1"}}})");
  ASSERT_FALSE(action) << "a line break in a string is no JSON";
  const auto table = ParseDeltaAction(R"({"metaData":{"id":"t","schemaString":"{\"fields\":[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":{\"type\":\"array\"}}]}","partitionColumns":["a"],"configuration":{"x":"1"}}})");
  ASSERT_TRUE(table && table->table) << table.error().message();
  ASSERT_EQ(table->table->columns.size(), 2u);
  EXPECT_EQ(table->table->columns[0].type, "long");
  EXPECT_EQ(table->table->columns[1].type, "");
  EXPECT_EQ(table->table->partition_columns, std::vector<std::string>{"a"});
}

TEST(DeltaAction, WhatAReaderWouldHaveToKnowIsNamed) {
  EXPECT_EQ(UnknownDeltaFeature(DeltaProtocolAction{1, 1, {}}), std::nullopt);
  EXPECT_EQ(UnknownDeltaFeature(DeltaProtocolAction{3, 7, {"timestampNtz"}}), std::nullopt);
  EXPECT_EQ(UnknownDeltaFeature(DeltaProtocolAction{3, 7, {"timestampNtz", "deletionVectors"}}), "deletionVectors");
  EXPECT_EQ(UnknownDeltaFeature(DeltaProtocolAction{4, 7, {}}), "reader version 4");
  DeltaTableAction table;
  EXPECT_EQ(UnknownDeltaFeature(table), std::nullopt);
  table.configuration["delta.columnMapping.mode"] = "none";
  EXPECT_EQ(UnknownDeltaFeature(table), std::nullopt);
  table.configuration["delta.columnMapping.mode"] = "id";
  EXPECT_EQ(UnknownDeltaFeature(table), "columnMapping");
}

TEST(DeltaAction, RubbishIsNone) {
  for (const char* text : {"", "{", "[]", "5", R"({"add":{}})", R"({"add":{"path":5}})", R"({"remove":{}})", R"({"metaData":{"id":"x","schemaString":"no"}})",
                           R"({"metaData":{"id":"x","schemaString":"{\"fields\":[{}]}"}})", R"({"add":{"path":"a","partitionValues":{"a":5}}})"}) {
    const auto action = ParseDeltaAction(text);
    EXPECT_TRUE(!action || (!action->add && !action->remove && !action->table)) << text;
  }
}

}  // namespace
}  // namespace tailrace
