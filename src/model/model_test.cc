// Schema texts, partitions, decimals, JSON texts.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "model/decimal.h"
#include "model/json_text.h"
#include "model/nearest_name.h"
#include "model/partitioner.h"
#include "model/record_decoder.h"
#include "model/schema.h"
#include "model/testing/recording_row_sink.h"

namespace tailrace {
namespace {

std::string Respell(std::string_view text) {
  Type type;
  std::string error;
  return ParseScalarType(text, &type, &error) ? TypeText(type) : error;
}

TEST(Schema, ScalarTypesAreReadAndSpelledBack) {
  for (const char* text :
       {"int", "int?", "double", "decimal(12,2)?", "decimal(38,38)", "bool", "string?", "date", "date(%d/%m/%Y)?",
        "timestamp", "timestamp(%m/%d/%Y %H:%M)", "timestamp(s)", "timestamp(ms)?", "timestamp(us)", "json?"}) {
    EXPECT_EQ(Respell(text), text);
  }
  EXPECT_EQ(Respell(" decimal( 12 , 3 ) ? "), "decimal(12,3)?");
  EXPECT_EQ(Respell("decimal(9)"), "decimal(9,0)");
}

TEST(Schema, WrongTypesAreExplained) {
  EXPECT_EQ(Respell("strng"), "there is no type `strng` (did you mean string?)");
  EXPECT_EQ(Respell("integer?"), "there is no type `integer` (did you mean int?)");
  EXPECT_EQ(Respell("blob"),
            "there is no type `blob`; types are int, double, decimal(12,2), bool, string, date, timestamp, json");
  EXPECT_EQ(Respell(""), "a type is missing");
  EXPECT_EQ(Respell("decimal"), "decimal wants its digits in all and after the point: decimal(12,2)");
  EXPECT_EQ(Respell("decimal(12"), "a `)` is missing in `decimal(12`");
  EXPECT_EQ(Respell("decimal(39,2)"), "a decimal has 1 to 38 digits in all");
  EXPECT_EQ(Respell("decimal(2,3)"), "a decimal has no more digits after the point than in all");
  EXPECT_EQ(Respell("decimal(a,b)"), "decimal wants two numbers, digits in all and after the point: decimal(12,2)");
  EXPECT_EQ(Respell("int(4)"), "`int` takes nothing in brackets");
  EXPECT_NE(Respell("date(ms)").find("strptime format"), std::string::npos);
  EXPECT_NE(Respell("timestamp(%K)").find("%K is not a directive"), std::string::npos);
}

TEST(Schema, TextIsEqualOnlyForEqualSchemas) {
  Type list;
  list.kind = TypeKind::kList;
  list.fields = {{"", {}}};
  Schema one{{{"a", {}}, {"b", list}}, UnknownFields::kReject};
  Schema other = one;
  EXPECT_EQ(SchemaText(one), SchemaText(other));
  EXPECT_EQ(SchemaText(one), "\"a\":string\n\"b\":list(string)\nunknown: reject\n");
  other.unknown_fields = UnknownFields::kDrop;
  EXPECT_NE(SchemaText(one), SchemaText(other));
  other = one;
  other.fields[1].type.fields[0].type.nullable = true;
  EXPECT_NE(SchemaText(one), SchemaText(other));
}

// Kafka's own vectors (UtilsTest.testMurmur2).
TEST(Partitioner, HashIsKafkas) {
  EXPECT_EQ(static_cast<int32_t>(Murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("abc")), 479470107);
}

TEST(Partitioner, NegativeHashesGoToPartitionsToo) {
  EXPECT_EQ(PartitionOfKey("21", 7).value, (-973932308 & 0x7fffffff) % 7);
  EXPECT_EQ(PartitionOfKey("", 1).value, 0);
}

std::string Scaled(std::string_view text, int scale) {
  auto number = ScanNumber(text);
  if (!number) return "not a number";
  auto value = ScaledValue(*number, scale);
  if (!value) return "does not fit";
  std::string out;
  AppendDecimal(*value, scale, &out);
  return out;
}

TEST(Decimal, DigitsAreExact) {
  EXPECT_EQ(Scaled("0", 0), "0");
  EXPECT_EQ(Scaled("-0.0", 2), "0.00");
  EXPECT_EQ(Scaled("12.5", 2), "12.50");
  EXPECT_EQ(Scaled("-0.05", 2), "-0.05");
  EXPECT_EQ(Scaled("1e3", 0), "1000");
  EXPECT_EQ(Scaled("1200e-2", 0), "12");
  EXPECT_EQ(Scaled("1205e-2", 1), "does not fit");
  EXPECT_EQ(Scaled("00000000000000000000000000000000000000000001.50000000000000000000000000000000000000000000000", 1),
            "1.5");
  EXPECT_EQ(Scaled("99999999999999999999999999999999999999", 0), "99999999999999999999999999999999999999");
  EXPECT_EQ(Scaled("999999999999999999999999999999999999999", 0), "does not fit");
  EXPECT_EQ(Scaled("1e38", 0), "does not fit");
  EXPECT_EQ(Scaled("1e37", 0), "10000000000000000000000000000000000000");
  EXPECT_EQ(Scaled("123456789012345678e20", 0), "12345678901234567800000000000000000000");
  EXPECT_EQ(Scaled("123456789012345678e21", 0), "does not fit");
  EXPECT_EQ(Scaled("1e-99999999999999999999", 3), "does not fit");
  for (const char* text : {"", "-", ".", "1.2.3", "1e", "e1", "1e+", "0x1", " 1", "1 ", "--1", "1_0"})
    EXPECT_EQ(Scaled(text, 2), "not a number") << text;
}

TEST(Decimal, JsonsGrammarIsTold) {
  for (const char* text : {"0", "-0", "10", "0.5", "1e5", "-1.25E-2"}) EXPECT_TRUE(ScanNumber(text)->is_json) << text;
  for (const char* text : {"00", "01", "+1", ".5", "5.", "-.5", "-01"}) EXPECT_FALSE(ScanNumber(text)->is_json) << text;
}

TEST(Json, StringsAreEscapedAndReadBack) {
  std::string all;
  for (int c = 1; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "é😀";
  std::string json;
  AppendJsonString(all, &json);
  EXPECT_FALSE(CheckJson(json));
  std::string back;
  ASSERT_EQ(UnescapeJson(std::string_view(json).substr(1, json.size() - 2), &back), JsonFault::kNone);
  EXPECT_EQ(back, all);
}

TEST(Json, OnlyLineBreaksOutsideStringsBecomeSpaces) {
  std::string json = "{\n\"a\\\"\n\":\r\n1}";
  ReplaceLineBreaks(json.data(), json.size());
  EXPECT_EQ(json, "{ \"a\\\"\n\":  1}");
}

TEST(Json, ArrayIsSplitIntoRawElements) {
  auto parts = SplitJsonArray(" [ {\"a\":\"],\\\"\"} , 2.50,[1,[2]],\"x\", null ] \n");
  ASSERT_TRUE(parts);
  std::vector<std::string> texts;
  for (const JsonPart& part : *parts) texts.emplace_back(part.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"{\"a\":\"],\\\"\"}", "2.50", "[1,[2]]", "\"x\"", "null"}));
  EXPECT_EQ((*parts)[1].byte, 18u);
  EXPECT_TRUE(SplitJsonArray("[]")->empty());
}

TEST(Json, BrokenArrayIsRefusedWithItsByte) {
  EXPECT_EQ(SplitJsonArray("[1,2").error().message(), "the array does not end at byte 4");
  EXPECT_EQ(SplitJsonArray("[1 2]").error().message(), "neither `,` nor `]` at byte 3");
  EXPECT_EQ(SplitJsonArray("[1,]").error().message(), "no value at byte 3");
  EXPECT_EQ(SplitJsonArray("[1]]").error().message(), "something follows the array at byte 3");
  EXPECT_EQ(SplitJsonArray("{}").error().message(), "no `[` at byte 0");
  EXPECT_EQ(SplitJsonArray("[\"a]").error().message(), "the array does not end at byte 4");
}

TEST(Json, LinesKeepTheirPlaces) {
  auto parts = SplitLines("{}\r\n\n  {\"a\":1} \n{");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].text, "{\"a\":1}");
  EXPECT_EQ(parts[1].byte, 7u);
  EXPECT_EQ(parts[1].line, 3);
  EXPECT_EQ(parts[2].line, 4);
}

TEST(Json, PartsAreFoundByPointer) {
  JsonDocument document;
  ASSERT_FALSE(document.Parse(R"({"pin": {"a/b":[1, 2.50 ,{"~":null}]} ,"geo":"x","":0})"));
  EXPECT_EQ(document.Find(""), R"({"pin": {"a/b":[1, 2.50 ,{"~":null}]} ,"geo":"x","":0})");
  EXPECT_EQ(document.Find("/pin/a~1b/1"), "2.50");
  EXPECT_EQ(document.Find("/pin/a~1b/2/~0"), "null");
  EXPECT_EQ(document.Find("/pin"), R"({"a/b":[1, 2.50 ,{"~":null}]})");
  EXPECT_EQ(document.Find("/geo"), "\"x\"");
  EXPECT_EQ(document.Find("/"), "0");
  for (const char* none : {"/x", "/pin/a~1b/3", "/pin/a~1b/01", "/pin/a~1b/-", "/geo/0", "pin", "/geo/x"})
    EXPECT_FALSE(document.Find(none)) << none;
}

TEST(Json, CheckAgreesWithTheWalk) {
  for (const char* good : {"1", "\"a\"", "[]", "{}", " [1,{\"a\":[true,false,null]}] ", "-0.5e+3"})
    EXPECT_FALSE(CheckJson(good)) << good;
  for (const char* bad : {"", " ", "tru", "nulll", "01", "1.", "[1,]", "{\"a\"}", "{a:1}", "[}", "]", "'a'", "1 2",
                          "\"\\u12\"", "+1", "[1", "{\"a\":1,}"}) {
    EXPECT_TRUE(CheckJson(bad)) << bad;
  }
}

TEST(NearestName, IsCloseOrNone) {
  std::vector<std::string_view> names = {"Quantity", "UnitPrice", "Country"};
  EXPECT_EQ(NearestName("quantity", names), "Quantity");
  EXPECT_EQ(NearestName("UnitPirce", names), "UnitPrice");
  EXPECT_EQ(NearestName("Something", names), "");
  EXPECT_EQ(NearestName(std::string(100'000, 'a'), names), "");
}

TEST(Fault, PointersAreEscaped) {
  Fault fault{PointerStep("a/b~") + PointerStep("0"), "int", "null"};
  EXPECT_EQ(fault.Message(), "/a~1b~0/0: expected int, found null");
  EXPECT_EQ(fault.Reason(), "expected int, found null");
}

// Random values written as JSON, in random order and with random white space, come out of the decoder as they went in.
TEST(RecordDecoderProperty, RandomRecordsRoundTrip) {
  std::mt19937_64 random(3);
  Schema schema;
  for (const char* text : {"int", "decimal(20,4)?", "double", "string", "bool?", "timestamp(us)"}) {
    Field field{"f" + std::to_string(schema.fields.size()), {}};
    std::string error;
    ASSERT_TRUE(ParseScalarType(text, &field.type, &error));
    schema.fields.push_back(field);
  }
  auto decoder = RecordDecoder::Compile(schema, "f0");
  ASSERT_TRUE(decoder);
  for (int round = 0; round < 2000; ++round) {
    auto integer = static_cast<int64_t>(random());
    Int128 decimal = static_cast<Int128>(static_cast<int64_t>(random())) * (round % 3 == 0 ? 1 : 7);
    double real;
    uint64_t bits = random();
    std::memcpy(&real, &bits, sizeof real);
    if (!(real - real == 0)) real = 0.5;
    std::string text;
    for (size_t i = random() % 20; i > 0; --i)
      text += std::vector<std::string>{"a", "\"", "\\", "\n", "é", "😀", "\x7f", " "}[random() % 8];
    auto micros = static_cast<int64_t>(random() % 2'000'000'000'000'000);

    std::vector<std::string> members(6);
    members[0] = std::to_string(integer);
    AppendDecimal(decimal, 4, &members[1]);
    AppendDouble(real, &members[2]);
    AppendJsonString(text, &members[3]);
    members[4] = round % 2 == 0 ? "null" : "true";
    members[5] = std::to_string(micros);
    std::string unscaled;
    AppendDecimal(decimal, 0, &unscaled);
    std::string real_text;
    AppendDouble(real, &real_text);
    std::string expected = "0=int " + members[0] + " 1=decimal " + unscaled + " 2=double " + real_text + " 3=string " +
                           text + " 4=" + (round % 2 == 0 ? "null" : "bool true") + " 5=timestamp " + members[5];

    std::vector<size_t> order = {0, 1, 2, 3, 4, 5};
    std::shuffle(order.begin(), order.end(), random);
    std::string json = "{";
    for (size_t i : order) {
      if (json.size() > 1) json += random() % 2 ? "," : " ,\t";
      json += "\"f" + std::to_string(i) + (random() % 2 ? "\":" : "\" : ") + members[i];
    }
    json += '}';
    size_t size = json.size();
    json.append(RecordDecoder::kPadding, '\0');
    RecordingRowSink sink;
    auto decoded = decoder->Decode(std::string_view(json).substr(0, size), &sink);
    if (decoded) sink.CommitRow();
    ASSERT_TRUE(decoded) << decoded.error().Message() << "\n" << json;
    EXPECT_EQ(sink.rows().at(0), expected);
    EXPECT_EQ(decoder->key(), members[0]);
  }
}

// Whatever is done to a record's bytes, the decoder answers, and accepts only what the JSON check accepts too.
TEST(RecordDecoderProperty, BrokenBytesAreAnsweredNeverAccepted) {
  std::mt19937 random(5);
  Schema schema;
  schema.unknown_fields = UnknownFields::kDrop;
  const std::string good = R"({"a":[1,2.5,{"b":"x\u00e9\n"}],"c":null,"d":true,"e":"é"})";
  auto decoder = RecordDecoder::Compile(schema, "");
  for (int round = 0; round < 5000; ++round) {
    std::string json = good;
    for (size_t i = 1 + random() % 3; i > 0; --i) {
      size_t at = random() % json.size();
      switch (random() % 3) {
        case 0: json[at] = static_cast<char>(random()); break;
        case 1: json.erase(at, 1); break;
        default: json.insert(at, 1, "{}[],:\"\\0e"[random() % 10]);
      }
    }
    size_t size = json.size();
    json.append(RecordDecoder::kPadding, '"');
    std::string_view text = std::string_view(json).substr(0, size);
    auto decoded = decoder->Decode(text, nullptr);
    if (decoded) EXPECT_FALSE(CheckJson(text)) << text;
    else EXPECT_FALSE(decoded.error().Message().empty());
  }
}

}  // namespace
}  // namespace tailrace
