#include "sql/function_list.h"

#include <gtest/gtest.h>

#include "sql/duckdb.h"

namespace tailrace::sql {
namespace {

bool IsLookedAt(const std::string& name, const std::string& type) {
  if (IsRefusedFunction(name)) return true;
  if (type == "table" || type == "table_macro") return IsListedTableFunction(name);
  return KindOfFunction(name).has_value();
}

// A new version of DuckDB brings new functions; each must be put into one of the lists by someone who has read what it
// does.
TEST(FunctionListTest, EveryFunctionOfDuckdbHasBeenLookedAt) {
  DatabaseOptions options;
  options.path = ":memory:";
  auto database = *Database::Open(options);
  auto connection = *database->Connect();
  auto functions = connection->Query(
      "SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE function_type <> 'pragma' ORDER BY "
      "ALL");
  ASSERT_TRUE(functions);
  EXPECT_GT(functions->rows.size(), 600u);
  for (const auto& row : functions->rows) EXPECT_TRUE(IsLookedAt(*row[0], *row[1])) << *row[1] << " " << *row[0];
}

TEST(FunctionListTest, NamesAreComparedWithoutCase) {
  EXPECT_EQ(KindOfFunction("SUM"), FunctionKind::kAggregate);
  EXPECT_TRUE(IsListedTableFunction("Range"));
  EXPECT_TRUE(IsRefusedFunction("READ_TEXT"));
}

TEST(FunctionListTest, NothingIsBothListedAndRefused) {
  for (const char* name : {"getenv", "current_setting", "read_csv", "query", "nextval", "finalize", "tailrace_sum",
                           "sleep_ms", "json_execute_serialized_sql"}) {
    EXPECT_FALSE(KindOfFunction(name)) << name;
    EXPECT_FALSE(IsListedTableFunction(name)) << name;
    EXPECT_TRUE(IsRefusedFunction(name)) << name;
  }
  for (const char* name : {"upper", "date_trunc", "+", "now", "random", "sum", "row_number"})
    EXPECT_FALSE(IsRefusedFunction(name)) << name;
}

}  // namespace
}  // namespace tailrace::sql
