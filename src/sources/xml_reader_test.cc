#include "sources/xml_reader.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

Type Scalar(const std::string& text) {
  Type type;
  std::string error;
  EXPECT_TRUE(ParseScalarType(text, &type, &error)) << error;
  return type;
}

Type ListOf(Type element) {
  Type type;
  type.kind = TypeKind::kList;
  type.fields = {{"", std::move(element)}};
  return type;
}

Type StructOf(std::vector<Field> fields) {
  Type type;
  type.kind = TypeKind::kStruct;
  type.fields = std::move(fields);
  return type;
}

struct Limits {
  size_t row_bytes = 1 << 20;
  size_t step = 1 << 20;  // bytes fed at a time
  int64_t from = 0;
};

// Rows as `LINE JSON`, faults as `LINE !why`, and the error that ended it, a line each.
std::string Read(std::string_view text, std::string_view records, const Schema& schema = {}, Limits limits = {}) {
  XmlReader reader(records, schema, limits.row_bytes, limits.from);
  std::string seen;
  for (size_t at = 0; at <= text.size(); at += limits.step) {
    XmlRows rows;
    const bool final = at + limits.step > text.size();
    const Status fed = reader.Feed(text.substr(at, limits.step), final, &rows);
    for (const SourceRow& row : rows.Take()) {
      EXPECT_EQ(row.raw.substr(0, 1), "<");
      EXPECT_EQ(text.substr(static_cast<size_t>(row.place), row.raw.size()), row.raw);
      seen += std::to_string(row.line) + " " + (row.fault.empty() ? std::string(row.json) : "!" + row.fault) + "\n";
    }
    if (!fed) return seen + fed.error().message() + "\n";
  }
  return seen;
}

TEST(XmlReader, AttributesAndElementsAreMembers) {
  EXPECT_EQ(Read(R"(<?xml version="1.0"?>
<catalog xmlns:x="urn:x">
  <book id="1" x:lang="en"><title>A &amp; B &#233;</title><x:price>1.50</x:price></book>
  <other><book id="no"/></other>
  <book id="2"><title><![CDATA[<i>]]> &lt;</title></book>
</catalog>)", "/catalog/book"),
            "3 {\"id\":\"1\",\"lang\":\"en\",\"price\":\"1.50\",\"title\":\"A & B \xC3\xA9\"}\n"
            "5 {\"id\":\"2\",\"title\":\"<i> <\"}\n");
}

TEST(XmlReader, NamesThatRepeatAndListsOfTheSchemaAreLists) {
  EXPECT_EQ(Read("<r><n><a>1</a><b/><a>2</a></n></r>", "/r/n"), "1 {\"a\":[\"1\",\"2\"],\"b\":\"\"}\n");
  Schema schema;
  schema.fields = {{"tags", ListOf(Scalar("string"))}, {"item", ListOf(StructOf({{"name", Scalar("string")}}))}};
  EXPECT_EQ(Read("<r><n><tags>a</tags><item><name>x</name></item></n></r>", "/r/n", schema), "1 {\"item\":[{\"name\":\"x\"}],\"tags\":[\"a\"]}\n");
  EXPECT_EQ(Read("<r><n><tags><tag>a</tag><tag>b</tag></tags></n></r>", "/r/n", schema), "1 {\"tags\":[\"a\",\"b\"]}\n");
  EXPECT_EQ(Read("<r><n><tags/></n></r>", "/r/n", schema), "1 {\"tags\":[]}\n");
}

TEST(XmlReader, TheSchemaSaysWhatIsNullAndWhatIsText) {
  Schema schema;
  schema.fields = {{"price", Scalar("decimal(9,2)")}, {"note", Scalar("string?")}, {"name", Scalar("string")}, {"n", Scalar("int?")}};
  EXPECT_EQ(Read(R"(<r><n><price currency="EUR"> 5 </price><note/><name/><n/></n></r>)", "/r/n", schema),
            "1 {\"n\":null,\"name\":\"\",\"note\":null,\"price\":\"5\"}\n");
  EXPECT_EQ(Read(R"(<r xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><n><name i:nil="true"/></n></r>)", "/r/n", schema), "1 {\"name\":null}\n");
  EXPECT_EQ(Read("<r><n a='1'>text <b>x</b> more</n></r>", "/r/n"), "1 {\"a\":\"1\",\"b\":\"x\",\"_text\":\"text  more\"}\n");
}

TEST(XmlReader, ItDoesNotMatterInWhichPiecesTheTextComes) {
  const std::string text = "<?xml version='1.0'?><!-- <r> --><r>\n<n a='1'>x<b>y</b></n>\n<skip><n/></skip><n/>\n<n>\xC3\xA9</n></r>\n";
  const std::string whole = Read(text, "/r/n");
  EXPECT_EQ(whole, "2 {\"a\":\"1\",\"b\":\"y\",\"_text\":\"x\"}\n3 {}\n4 {\"_text\":\"\xC3\xA9\"}\n");
  for (size_t step = 1; step < text.size(); ++step) EXPECT_EQ(Read(text, "/r/n", {}, {.step = step}), whole) << step;
}

TEST(XmlReader, RecordsBeforeAPlaceAreSteppedOver) {
  const std::string text = "<r><n>1</n><n>2</n><n>3</n></r>";
  EXPECT_EQ(Read(text, "/r/n", {}, {.from = 4}), "1 {\"_text\":\"2\"}\n1 {\"_text\":\"3\"}\n");
  EXPECT_EQ(Read(text, "/r/n", {}, {.from = 11}), "1 {\"_text\":\"2\"}\n1 {\"_text\":\"3\"}\n");
  EXPECT_EQ(Read(text, "/*/*", {}, {.from = 12}), "1 {\"_text\":\"3\"}\n");
}

TEST(XmlReader, NothingIsDeclaredAndNothingFetched) {
  const std::string bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><r><n>&b;</n></r>";
  EXPECT_NE(Read(bomb, "/r/n").find("declarations of its own"), std::string::npos) << Read(bomb, "/r/n");
  const std::string fetched = "<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><r><n>1</n><n>&x;</n><n>2</n></r>";
  EXPECT_EQ(Read(fetched, "/r/n"), "1 {\"_text\":\"1\"}\n1 !an entity that is not known: &x;\n1 {\"_text\":\"2\"}\n");
  const std::string external = "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><n>&x;</n></r>";
  EXPECT_NE(Read(external, "/r/n").find("declarations of its own"), std::string::npos);
}

TEST(XmlReader, WhatIsTooLargeOrTooDeepIsALetterAndTheRestGoesOn) {
  std::string deep;
  for (size_t i = 0; i < kXmlRecordDepthMax; ++i) deep += "<a>";
  for (size_t i = 0; i < kXmlRecordDepthMax; ++i) deep += "</a>";
  EXPECT_EQ(Read("<r><n>" + deep + "</n><n>1</n></r>", "/r/n"), "1 !elements nested deeper than 60\n1 {\"_text\":\"1\"}\n");
  std::string many;
  for (size_t i = 0; i < kXmlNodesMax; ++i) many += "<a/>";
  EXPECT_EQ(Read("<r><n>" + many + "</n><n>1</n></r>", "/r/n"), "1 !more than 100000 elements and attributes\n1 {\"_text\":\"1\"}\n");
  const std::string large = "<r><n>" + std::string(300'000, 'x') + "</n><n>1</n></r>";
  for (const size_t step : {size_t{999}, size_t{1} << 20})
    EXPECT_EQ(Read(large, "/r/n", {}, {.row_bytes = 1000, .step = step}), "1 !longer than a row may be (1000 bytes)\n1 {\"_text\":\"1\"}\n") << step;
}

TEST(XmlReader, WhatIsNotWellFormedEndsTheDocumentBehindTheRowsBefore) {
  EXPECT_EQ(Read("<r><n>1</n>\n<n>2</m></r>", "/r/n"), "1 {\"_text\":\"1\"}\nmismatched tag at line 2, column 7\n");
  EXPECT_EQ(Read("<r><n>1</n>", "/r/n"), "1 {\"_text\":\"1\"}\nno element found at line 1, column 12\n");
  EXPECT_EQ(Read("", "/r/n"), "no element found at line 1, column 1\n");
  EXPECT_EQ(Read("<s/>", "/r/n"), "the document is a s, not a r at line 1, column 1\n");
  std::string deep;
  for (size_t i = 0; i < 300; ++i) deep += "<a>";
  EXPECT_NE(Read(deep, "/a/b").find("nested deeper than 256"), std::string::npos);
  const std::string comment = "<r><!--" + std::string(300'000, 'x') + "--><n/></r>";
  EXPECT_NE(Read(comment, "/r/n", {}, {.row_bytes = 1000, .step = 999}).find("a tag or comment longer"), std::string::npos);
}

}  // namespace
}  // namespace tailrace
