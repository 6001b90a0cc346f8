#include "model/csv_reader.h"

#include <gtest/gtest.h>

#include <random>

namespace tailrace {
namespace {

Schema Texts(const std::vector<std::string>& names, const std::string& type = "string") {
  Schema schema;
  for (const std::string& name : names) {
    Field field{name, {}};
    std::string error;
    EXPECT_TRUE(ParseScalarType(type, &field.type, &error)) << error;
    schema.fields.push_back(field);
  }
  return schema;
}

// Every row as JSON, or `line N: fault [raw]`, with `step` more bytes given at a time.
std::vector<std::string> Read(std::string_view text, const Schema& schema, const CsvOptions& options = {},
                              size_t step = 1 << 30) {
  std::vector<std::string> rows;
  CsvReader reader(schema, options);
  size_t at = 0;
  size_t given = 0;
  int64_t line = 0;
  bool has_header = false;
  bool skipping = false;
  while (true) {
    given = std::min(text.size(), given + step);
    bool final = given == text.size();
    while (true) {
      std::string_view window = text.substr(at, given - at);
      if (skipping) {
        size_t end = window.find('\n');
        at += end == std::string_view::npos ? window.size() : end + 1;
        skipping = end == std::string_view::npos && !final;
        if (skipping) break;
        continue;
      }
      if (!has_header) {
        size_t next = 0;
        Status status = reader.ReadHeader(window, final, &next, &line);
        if (!status) return {status.error().message()};
        has_header = next > 0;
        at += next;
        if (!has_header) break;
        continue;
      }
      CsvRow row;
      std::string json;
      CsvStep outcome = reader.Next(window, final, &row, &json);
      if (outcome == CsvStep::kMore) break;
      std::string raw(window.substr(row.begin, row.end - row.begin));
      if (outcome == CsvStep::kRow) rows.push_back(json);
      else rows.push_back("line " + std::to_string(line + row.lines_before + 1) + ": " + row.fault + " [" + raw + "]");
      EXPECT_EQ(outcome != CsvStep::kRow, json.empty());
      skipping = outcome == CsvStep::kLongLine;
      line += row.lines;
      at += row.next;
    }
    if (final) return rows;
  }
}

using Rows = std::vector<std::string>;

TEST(CsvReader, RowsBecomeObjectsOfTexts) {
  EXPECT_EQ(Read("a,b\n1,x\n2,\n", Texts({"a", "b"})), (Rows{R"({"a":"1","b":"x"})", R"({"a":"2","b":""})"}));
}

TEST(CsvReader, EmptyFieldIsNullWhereItMayBe) {
  EXPECT_EQ(Read("a,b\n,\"\"\n", Texts({"a", "b"}, "int?")), (Rows{R"({"a":null,"b":null})"}));
}

TEST(CsvReader, QuotedFieldsHoldDelimitersQuotesAndLineBreaks) {
  EXPECT_EQ(Read("a,b\r\n\"x,\"\"y\"\"\r\nz\",\"\\\"\r\n1,5\" pipe\r\n", Texts({"a", "b"})),
            (Rows{R"({"a":"x,\"y\"\r\nz","b":"\\"})", R"({"a":"1","b":"5\" pipe"})"}));
}

TEST(CsvReader, LastRowNeedsNoLineEndAndBlankLinesAreNoRows) {
  EXPECT_EQ(Read("\n\r\na\n\n1\r\n\r\n2", Texts({"a"})), (Rows{R"({"a":"1"})", R"({"a":"2"})"}));
}

TEST(CsvReader, ByteOrderMarkIsNoPartOfTheFirstName) {
  EXPECT_EQ(Read("\xEF\xBB\xBFw\n1\n", Texts({"w"})), (Rows{R"({"w":"1"})"}));
}

TEST(CsvReader, Latin1BecomesUtf8) {
  CsvOptions options;
  options.latin1 = true;
  EXPECT_EQ(Read("a\n\xA3 1 \xFF\n\"\xE9\"\"\"\n", Texts({"a"}), options),
            (Rows{"{\"a\":\"£ 1 ÿ\"}", "{\"a\":\"é\\\"\"}"}));
}

TEST(CsvReader, RaggedRowIsAFaultWithItsLineAndBytes) {
  EXPECT_EQ(Read("a,b\n1,2\n\n\"x\ny\"\n1,2,3\n4,5\n", Texts({"a", "b"})),
            (Rows{R"({"a":"1","b":"2"})", "line 4: 1 field where the header has 2 [\"x\ny\"]",
                  "line 6: 3 fields where the header has 2 [1,2,3]", R"({"a":"4","b":"5"})"}));
}

TEST(CsvReader, TextAfterAClosingQuoteIsAFaultOfThatLineOnly) {
  EXPECT_EQ(Read("a,b\n\"x\"y,2\n3,4\n", Texts({"a", "b"})),
            (Rows{"line 2: text after the closing quote of field 1 [\"x\"y,2]", R"({"a":"3","b":"4"})"}));
}

TEST(CsvReader, QuoteThatIsNotClosedCostsOneLine) {
  EXPECT_EQ(Read("a,b\n\"x,2\n3,4\n", Texts({"a", "b"})),
            (Rows{"line 2: a quote that is not closed [\"x,2]", R"({"a":"3","b":"4"})"}));
  CsvOptions options;
  options.row_bytes_max = 10;
  EXPECT_EQ(Read("a,b\n\"x,2\n3,4\n5,6\n7,8\n", Texts({"a", "b"}), options),
            (Rows{"line 2: a row that does not end within 10 bytes, as after an open quote [\"x,2]",
                  R"({"a":"3","b":"4"})", R"({"a":"5","b":"6"})", R"({"a":"7","b":"8"})"}));
}

TEST(CsvReader, LineBeyondTheLimitIsAFaultAndIsSkippedWhole) {
  CsvOptions options;
  options.row_bytes_max = 8;
  EXPECT_EQ(Read("a\n1\nxxxxxxxxxxxxxxxxxxxxxxx\n2\n", Texts({"a"}), options),
            (Rows{R"({"a":"1"})", "line 3: a line longer than a row may be (8 bytes) [xxxxxxxx]", R"({"a":"2"})"}));
}

TEST(CsvReader, HeaderThatMakesEveryRowAFaultIsRefused) {
  Schema schema = Texts({"Quantity", "Price"});
  EXPECT_EQ(Read("Quantity,Prise\n", schema), (Rows{"the header's column `Prise` (did you "
                                                    "mean Price?) is no field of the schema; unknown_fields: drop leaves it out, keep puts it into _extra"}));
  EXPECT_EQ(Read("Quantity,Price,Where,Prise\n", schema), (Rows{"the header's columns `Where`, `Prise` (did you mean Price?) are no fields of the schema; "
                                                               "unknown_fields: drop leaves them out, keep puts them into _extra"}));
  std::string many = "Quantity,Price";
  for (int i = 0; i < 12; ++i) many += ",more" + std::to_string(i);
  EXPECT_NE(Read(many + "\n", schema).at(0).find("`more9` and 2 more are no fields"), std::string::npos);
  EXPECT_EQ(Read("Quantity\n", schema), (Rows{"the header has no column `Price`, which may not be null"}));
  EXPECT_EQ(Read("Price,Quantity,Price\n", schema), (Rows{"the header names the column `Price` twice"}));
  EXPECT_EQ(Read("", schema), (Rows{"no header: the text is empty"}));
  schema.unknown_fields = UnknownFields::kDrop;
  EXPECT_EQ(Read("Price,,Quantity\n1,2,3\n", schema), (Rows{R"({"Price":"1","":"2","Quantity":"3"})"}));
}

TEST(CsvReader, JsonInAFieldOfTypeJsonTravelsAsJson) {
  EXPECT_EQ(Read("a\n\"{\"\"k\"\":\n[1]}\"\n{broken\n7\n\"\"\n", Texts({"a"}, "json?")),
            (Rows{R"({"a":{"k": [1]}})", R"({"a":"{broken"})", R"({"a":7})", R"({"a":null})"}));
}

TEST(CsvReader, ControlCharactersAreEscaped) {
  EXPECT_EQ(Read(std::string("a\n\x01\t\r\n"), Texts({"a"})), (Rows{R"({"a":"\u0001\t"})"}));
}

// Whatever the fields hold and wherever the text is cut, the rows come out the same.
TEST(CsvReader, RowsDoNotDependOnWhereTheTextIsCut) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"a", "1.5", ",", "\"", "\r\n", "\n", "\r", " ", "\xC3\xA9", "\\", "x,y", ""};
  for (int round = 0; round < 200; ++round) {
    std::string text = "a,b,c\n";
    size_t size = random() % 40;
    for (size_t i = 0; i < size; ++i) text += pieces[random() % pieces.size()];
    CsvOptions options;
    options.row_bytes_max = 24;
    Rows whole = Read(text, Texts({"a", "b", "c"}), options);
    for (size_t step : {1, 2, 3, 7}) EXPECT_EQ(Read(text, Texts({"a", "b", "c"}), options, step), whole) << text;
  }
}

// Written as RFC 4180 says and read back: the same texts.
TEST(CsvReader, WrittenFieldsReadBack) {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {"a", "\"", ",", "\n", "\r\n", "é", " ", "0"};
  for (int round = 0; round < 200; ++round) {
    std::string text = "a,b\n";
    std::string expected;
    for (int column = 0; column < 2; ++column) {
      std::string value = "x";
      for (size_t i = random() % 6; i > 0; --i) value += pieces[random() % pieces.size()];
      text += column == 0 ? "\"" : ",\"";
      for (char c : value) text += c == '"' ? "\"\"" : std::string(1, c);
      text += '"';
      expected += column == 0 ? R"({"a":")" : R"(","b":")";
      for (char c : value) expected += c == '"' ? "\\\"" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : std::string(1, c);
    }
    EXPECT_EQ(Read(text + "\n", Texts({"a", "b"})), (Rows{expected + "\"}"}));
  }
}

}  // namespace
}  // namespace tailrace
