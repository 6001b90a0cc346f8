#include "app/table_text.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

QueryAnswer Answer(std::vector<std::string> columns, std::string_view rows) {
  QueryAnswer answer;
  for (std::string& name : columns) answer.columns.push_back({std::move(name), "VARCHAR"});
  const auto parsed = ParseJson(rows);
  for (const JsonValue& row : parsed->items) answer.rows.push_back(row.items);
  return answer;
}

TEST(TableText, ColumnsAreAlignedAndNumbersStandToTheRight) {
  EXPECT_EQ(AlignedTable(Answer({"name", "n"}, R"([["mug",5],["spoon",1200],["fork",null]])"), 80),
            "name      n\n"
            "mug       5\n"
            "spoon  1200\n"
            "fork\n");
}

TEST(TableText, UmlautsCountOnce) {
  EXPECT_EQ(AlignedTable(Answer({"a", "b"}, R"([["ü","x"],["uu","y"]])"), 80), "a   b\nü   x\nuu  y\n");
}

TEST(TableText, LongLinesLoseTheirEnd) {
  EXPECT_EQ(AlignedTable(Answer({"a"}, R"([["0123456789"]])"), 6), "a\n01234…\n");
}

TEST(TableText, LineBreaksInCellsDoNotBreakTheTable) {
  EXPECT_EQ(AlignedTable(Answer({"a"}, R"([["x\ny\u0007"]])"), 80), "a\nx\\ny?\n");
}

TEST(TableText, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(CsvTable(Answer({"a", "b"}, R"([["x,y","say \"hi\""],[null,1.50]])")),
            "a,b\r\n\"x,y\",\"say \"\"hi\"\"\"\r\n,1.50\r\n");
}

TEST(TableText, TabsEscapeWhatWouldBreakALine) {
  EXPECT_EQ(TabbedTable(Answer({"a", "b"}, R"([["x\ty","1\n2\\"]])")), "a\tb\nx\\ty\t1\\n2\\\\\n");
}

TEST(TableText, JsonKeepsTypesAndDigits) {
  EXPECT_EQ(JsonTable(Answer({"a", "b"}, R"([["x",1.50],[null,{"c":1}]])")),
            R"([{"a":"x","b":1.50},{"a":null,"b":{"c":1}}])");
}

TEST(TableText, AnAnswerWithoutRowsIsItsHeader) {
  EXPECT_EQ(AlignedTable(Answer({"a", "b"}, "[]"), 80), "a  b\n");
  EXPECT_EQ(JsonTable(Answer({"a"}, "[]")), "[]");
}

}  // namespace
}  // namespace tailrace::app
