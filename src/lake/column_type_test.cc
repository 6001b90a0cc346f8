#include "lake/column_type.h"

#include <gtest/gtest.h>

namespace tailrace::lake {
namespace {

std::string FileText(std::string_view duckdb) {
  const auto type = ParseColumnType(duckdb);
  return type ? FileTypeText(*type) : type.error().message();
}
std::string DeltaText(std::string_view duckdb) { return DeltaTypeJson(ParseColumnType(duckdb).value()); }

TEST(ColumnTypeTest, PlainTypesKeepTheirValues) {
  EXPECT_EQ(FileText("BIGINT"), "BIGINT");
  EXPECT_EQ(FileText("HUGEINT"), "DECIMAL(38,0)");
  EXPECT_EQ(FileText("UBIGINT"), "DECIMAL(20,0)");
  EXPECT_EQ(FileText("DECIMAL(12,3)"), "DECIMAL(12,3)");
  EXPECT_EQ(FileText("TIMESTAMP"), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(FileText("TIMESTAMP WITH TIME ZONE"), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(FileText("JSON"), "VARCHAR");
  EXPECT_EQ(FileText("ENUM('a)', 'b')"), "VARCHAR");
  EXPECT_EQ(FileText("\"NULL\""), "VARCHAR");
  EXPECT_EQ(DeltaText("TIMESTAMP"), "\"timestamp\"");
  EXPECT_EQ(DeltaText("DECIMAL(12,3)"), "\"decimal(12,3)\"");
}

TEST(ColumnTypeTest, NestedTypesAreTakenApart) {
  EXPECT_EQ(FileText("STRUCT(\"timestamp\" DATE, \"a \"\"b\" HUGEINT, l MAP(VARCHAR, TIMESTAMP)[])[3]"),
            "STRUCT(\"timestamp\" DATE, \"a \"\"b\" DECIMAL(38,0), \"l\" MAP(VARCHAR, TIMESTAMP WITH TIME ZONE)[])[]");
  EXPECT_EQ(DeltaText("BIGINT[]"), R"({"type":"array","elementType":"long","containsNull":true})");
  EXPECT_EQ(DeltaText("MAP(VARCHAR, DECIMAL(18,6))"), R"_({"type":"map","keyType":"string","valueType":"decimal(18,6)","valueContainsNull":true})_");
  EXPECT_EQ(DeltaText("STRUCT(\"a\"\"\" INTEGER)"),
            R"({"type":"struct","fields":[{"name":"a\"","type":"integer","nullable":true,"metadata":{}}]})");
}

TEST(ColumnTypeTest, WhatIsNoTypeIsRefused) {
  for (const char* text : {"", "STRUCT(", "STRUCT(a)", "MAP(VARCHAR)", "DECIMAL(x,1)", "BIGINT[", "BIGINT)"}) EXPECT_FALSE(ParseColumnType(text)) << text;
}

}  // namespace
}  // namespace tailrace::lake
