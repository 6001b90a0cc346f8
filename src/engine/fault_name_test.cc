#include "engine/fault_name.h"

#include <gtest/gtest.h>

namespace tailrace::engine {
namespace {

TEST(FaultName, ValuesGoAndTypesStay) {
  EXPECT_EQ(FaultName("/UnitPrice", R"(expected decimal(12,3), found string "2,55")"), "UnitPrice: expected decimal(12,3), found string");
  EXPECT_EQ(FaultName("/UnitPrice", R"(expected decimal(12,3), found string "a \"b\" 'c")"),
            "UnitPrice: expected decimal(12,3), found string");
  EXPECT_EQ(FaultName("/n", "expected int, found 17850.5"), FaultName("/n", "expected int, found -3e9"));
  EXPECT_EQ(FaultName("", "Conversion Error: Could not convert string 'many' to INT32\n\nLINE 1: INSERT"),
            "Conversion Error: Could not convert string to INT32");
  EXPECT_EQ(FaultName("", "Conversion Error: Could not cast value 12345.67 to DECIMAL(5,2)"),
            "Conversion Error: Could not cast value N to DECIMAL(5,2)");
  EXPECT_EQ(FaultName("", "Out of Range Error: Overflow in multiplication of INT64 (9223372036854775807 * 2)!"),
            "Out of Range Error: Overflow in multiplication of INT64 (N * N)!");
}

TEST(FaultName, AnUnknownFieldIsNamedOnceWithTheNearestOneAndTheWayOut) {
  const std::string name = "Quantty: expected no field of this name (did you mean Quantity?), unless the stream has unknown_fields: drop or keep, found string";
  EXPECT_EQ(FaultName("/Quantty", name.substr(9) + " \"6\""), name);
  EXPECT_EQ(FaultName("/Quantty", name.substr(9) + " \"12.5 or so\""), name);
}

TEST(FaultName, PlacesInListsAreOnePlace) {
  EXPECT_EQ(FaultName("/items/3/price", "expected int, found null"), FaultName("/items/12/price", "expected int, found null"));
  EXPECT_EQ(FaultName("/items/3/price", "expected int, found null"), "items/*/price: expected int, found null");
}

TEST(FaultName, ThePointerIsNotSaidTwice) {
  EXPECT_EQ(FaultName("/n", "/n: expected int, found null"), "n: expected int, found null");
}

TEST(FaultName, AnApostropheInAWordIsNoQuote) {
  EXPECT_EQ(FaultName("", "value 300 can't be cast because it isn't in range"), "value N can't be cast because it isn't in range");
}

TEST(FaultName, QuotesThatNeverEndDoNoHarm) {
  EXPECT_EQ(FaultName("/n", R"(expected int, found string "abc...)"), R"(n: expected int, found string "abc...)");
  EXPECT_EQ(FaultName("", "'"), "'");
  EXPECT_EQ(FaultName("", ""), "");
}

TEST(FaultName, LongNamesAreCut) { EXPECT_LE(FaultName("/" + std::string(5000, 'x'), "expected int").size(), kFaultNameBytesMax + 3); }

TEST(FaultId, ToldApartByStageMaterialisationAndName) {
  EXPECT_EQ(FaultId("table", "a", "x"), FaultId("table", "a", "x"));
  EXPECT_NE(FaultId("table", "a", "x"), FaultId("table", "b", "x"));
  EXPECT_NE(FaultId("table", "ab", "x"), FaultId("table", "a", "bx"));
  EXPECT_EQ(FaultId("table", "a", "x").size(), 8U);
}

}  // namespace
}  // namespace tailrace::engine
