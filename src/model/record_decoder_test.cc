#include "model/record_decoder.h"

#include <gtest/gtest.h>

#include "model/testing/recording_row_sink.h"

namespace tailrace {
namespace {

Type Scalar(const std::string& text) {
  Type type;
  std::string error;
  EXPECT_TRUE(ParseScalarType(text, &type, &error)) << error;
  return type;
}

Type Nested(TypeKind kind, std::vector<Field> fields, bool nullable = false) {
  Type type;
  type.kind = kind;
  type.nullable = nullable;
  type.fields = std::move(fields);
  return type;
}

Schema One(const std::string& type) { return {{{"v", Scalar(type)}}, UnknownFields::kReject}; }

Schema Retail() {
  return {{{"InvoiceNo", Scalar("string")},
           {"StockCode", Scalar("string")},
           {"Description", Scalar("string?")},
           {"Quantity", Scalar("int")},
           {"InvoiceDate", Scalar("timestamp(%m/%d/%Y %H:%M)")},
           {"UnitPrice", Scalar("decimal(12,3)")},
           {"CustomerID", Scalar("int?")},
           {"Country", Scalar("string")}},
          UnknownFields::kReject};
}

std::string Padded(std::string_view json) { return std::string(json) + std::string(RecordDecoder::kPadding, '#'); }

// The row as text, or the fault's message. Checking alone must give the same verdict.
std::string Decode(const Schema& schema, std::string_view json, std::string* key = nullptr,
                   std::string_view key_name = "") {
  auto decoder = RecordDecoder::Compile(schema, key_name);
  if (!decoder) return "compile: " + decoder.error().message();
  std::string padded = Padded(json);
  std::string_view text = std::string_view(padded).substr(0, json.size());
  RecordingRowSink sink;
  auto decoded = decoder->Decode(text, &sink);
  if (decoded) sink.CommitRow();
  if (key) *key = decoder->key() ? std::string(*decoder->key()) : "(none)";
  auto checked = decoder->Decode(text, nullptr);
  EXPECT_EQ(decoded.has_value(), checked.has_value()) << json;
  if (!decoded) {
    EXPECT_EQ(decoded.error().Message(), checked.error().Message());
    return decoded.error().Message();
  }
  return sink.rows().at(0);
}

std::string Key(const std::string& type, std::string_view json) {
  std::string key;
  Decode(One(type), json, &key, "v");
  return key;
}

TEST(RecordDecoder, RetailRowBecomesTypedValues) {
  EXPECT_EQ(
      Decode(Retail(),
             R"({"InvoiceNo":"536365","StockCode":"85123A","Description":"WHITE \u00a3 \"HEART\"","Quantity":6,)"
             R"("InvoiceDate":"12/1/2010 8:26","UnitPrice":2.55,"CustomerID":17850.0,"Country":"United Kingdom"})"),
      "0=string 536365 1=string 85123A 2=string WHITE £ \"HEART\" 3=int 6 4=timestamp 1291191960000000 5=decimal 2550 "
      "6=int 17850 7=string United Kingdom");
}

TEST(RecordDecoder, FieldsMayComeInAnyOrderAndNullableOnesMayBeAbsent) {
  Schema schema{{{"a", Scalar("int")}, {"b", Scalar("int?")}, {"c", Scalar("string?")}}, UnknownFields::kReject};
  EXPECT_EQ(Decode(schema, R"( { "c" : null , "a" : 1 } )"), "0=int 1 2=null");
  EXPECT_EQ(Decode(schema, R"({"b":2,"a":1})"), "0=int 1 1=int 2");
  EXPECT_EQ(Decode(schema, R"({"b":2})"), "/a: expected int, found nothing");
  EXPECT_EQ(Decode(schema, R"({"a":null})"), "/a: expected int, found null");
}

TEST(RecordDecoder, OrderOfOneRecordDoesNotBindTheNext) {
  Schema schema{{{"a", Scalar("int")}, {"b", Scalar("int")}, {"c", Scalar("int?")}}, UnknownFields::kReject};
  auto decoder = RecordDecoder::Compile(schema, "");
  RecordingRowSink sink;
  for (std::string json :
       {R"({"b":1,"a":2})", R"({"a":3,"b":4,"c":5})", R"({"c":6,"b":7,"a":8})", R"({"b":9,"a":10})"}) {
    std::string padded = Padded(json);
    ASSERT_TRUE(decoder->Decode(std::string_view(padded).substr(0, json.size()), &sink));
    sink.CommitRow();
  }
  EXPECT_EQ(sink.rows(), (std::vector<std::string>{"0=int 2 1=int 1", "0=int 3 1=int 4 2=int 5",
                                                   "0=int 8 1=int 7 2=int 6", "0=int 10 1=int 9"}));
}

TEST(RecordDecoder, RepeatedFieldIsAFault) {
  Schema schema{{{"a", Scalar("int")}}, UnknownFields::kDrop};
  EXPECT_EQ(Decode(schema, R"({"a":1,"a":1})"), "/a: expected each field once, found it again");
  EXPECT_EQ(Decode(schema, R"({"a":1,"\u0061":1})"), "/a: expected each field once, found it again");
  EXPECT_EQ(Decode(schema, R"({"a":1,"x":1,"x":2})"), "/x: expected each field once, found it again");
}

TEST(RecordDecoder, UnknownFieldIsRefusedWithTheNearestName) {
  EXPECT_EQ(Decode(Retail(), R"({"Quantty":6})"),
            "/Quantty: expected no field of this name (did you mean Quantity?), unless the stream has unknown_fields: drop or keep, found number 6");
}

TEST(RecordDecoder, UnknownFieldIsDroppedButStillChecked) {
  Schema schema{{{"a", Scalar("int")}}, UnknownFields::kDrop};
  EXPECT_EQ(Decode(schema, R"({"x":[1,{"y":null}],"a":1})"), "0=int 1");
  EXPECT_EQ(Decode(schema, R"({"x":"\ud800","a":1})"),
            "/x: expected text of whole characters (a surrogate lacks its other half), found string \"\\ud800\"");
}

TEST(RecordDecoder, UnknownFieldsAreKeptAsJson) {
  Schema schema{{{"a", Scalar("int")}}, UnknownFields::kKeep};
  EXPECT_EQ(Decode(schema, R"({"x" : [1, 2.50] ,"a":1,"\"q":"z"})"), R"(0=int 1 1=string {"x":[1, 2.50],"\"q":"z"})");
  EXPECT_EQ(Decode(schema, R"({"a":1})"), "0=int 1");
}

TEST(RecordDecoder, IntsAreExactTo64Bits) {
  EXPECT_EQ(Decode(One("int"), R"({"v":9223372036854775807})"), "0=int 9223372036854775807");
  EXPECT_EQ(Decode(One("int"), R"({"v":-9223372036854775808})"), "0=int -9223372036854775808");
  EXPECT_EQ(Decode(One("int"), R"({"v":17850.0})"), "0=int 17850");
  EXPECT_EQ(Decode(One("int"), R"({"v":1.785e4})"), "0=int 17850");
  EXPECT_EQ(Decode(One("int"), R"({"v":-0})"), "0=int 0");
  EXPECT_EQ(Decode(One("int"), R"({"v":9223372036854775808})"), "/v: expected int, found number 9223372036854775808");
  EXPECT_EQ(Decode(One("int"), R"({"v":17850.5})"), "/v: expected int, found number 17850.5");
  EXPECT_EQ(Decode(One("int"), R"({"v":1e999999999999})"), "/v: expected int, found number 1e999999999999");
  EXPECT_EQ(Decode(One("int"), R"({"v":0e999999999999})"), "0=int 0");
  EXPECT_EQ(Decode(One("int"), R"({"v":true})"), "/v: expected int, found true");
}

TEST(RecordDecoder, DecimalsKeepTheirDigits) {
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":2.50})"), "0=decimal 2500");
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":2.5000})"), "0=decimal 2500");
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":25e-1})"), "0=decimal 2500");
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":-0.001})"), "0=decimal -1");
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":2.5001})"), "/v: expected decimal(12,3), found number 2.5001");
  EXPECT_EQ(Decode(One("decimal(12,3)"), R"({"v":1000000000})"), "/v: expected decimal(12,3), found number 1000000000");
  EXPECT_EQ(Decode(One("decimal(38,0)"), R"({"v":99999999999999999999999999999999999999})"),
            "0=decimal 99999999999999999999999999999999999999");
  EXPECT_EQ(Decode(One("decimal(38,10)"), R"({"v":"0.0000000001"})"), "0=decimal 1");
}

TEST(RecordDecoder, TextsOfCsvAreReadByTheType) {
  EXPECT_EQ(Decode(One("int"), R"({"v":"17850"})"), "0=int 17850");
  EXPECT_EQ(Decode(One("int"), R"({"v":"007"})"), "0=int 7");
  EXPECT_EQ(Decode(One("int"), R"({"v":007})"), "expected a JSON object, found `0` where it cannot stand at byte 5");
  EXPECT_EQ(Decode(One("double"), R"({"v":"+.5"})"), "0=double 0.5");
  EXPECT_EQ(Decode(One("bool"), R"({"v":"True"})"), "0=bool true");
  EXPECT_EQ(Decode(One("bool"), R"({"v":"0"})"), "0=bool false");
  EXPECT_EQ(Decode(One("bool"), R"({"v":0})"), "/v: expected bool, found number 0");
  EXPECT_EQ(Decode(One("int"), R"({"v":""})"), "/v: expected int, found string \"\"");
  EXPECT_EQ(Decode(One("int"), R"({"v":"six"})"), "/v: expected int, found string \"six\"");
  EXPECT_EQ(Decode(One("int"), R"({"v":"\u0036"})"), "0=int 6");
}

TEST(RecordDecoder, StringTakesOnlyStrings) {
  EXPECT_EQ(Decode(One("string"), R"({"v":22197})"), "/v: expected string, found number 22197");
  EXPECT_EQ(Decode(One("string"), R"({"v":{}})"), "/v: expected string, found an object");
  EXPECT_EQ(Decode(One("string"), "{\"v\":\"\xF0\x9F\x98\x80\\ud83d\\ude00\\/\\n\"}"),
            "0=string \xF0\x9F\x98\x80\xF0\x9F\x98\x80/\n");
}

TEST(RecordDecoder, DoublesAreFinite) {
  EXPECT_EQ(Decode(One("double"), R"({"v":1e308})"), "0=double 1e+308");
  EXPECT_EQ(Decode(One("double"), R"({"v":1e309})"), "/v: expected double, found number 1e309");
  EXPECT_EQ(Decode(One("double"), R"({"v":1e-999})"), "0=double 0");
  EXPECT_EQ(Decode(One("double"), R"({"v":"NaN"})"), "/v: expected double, found string \"NaN\"");
  EXPECT_EQ(Decode(One("double"), R"({"v":"inf"})"), "/v: expected double, found string \"inf\"");
  EXPECT_EQ(Decode(One("double"), R"({"v":NaN})"), "expected a JSON object, found `N` where it cannot stand at byte 5");
}

TEST(RecordDecoder, TimesComeAsTextOrAsEpochs) {
  EXPECT_EQ(Decode(One("timestamp"), R"({"v":"1970-01-01T00:00:01.5+01:00"})"), "0=timestamp -3598500000");
  EXPECT_EQ(Decode(One("timestamp(s)"), R"({"v":1.25})"), "0=timestamp 1250000");
  EXPECT_EQ(Decode(One("timestamp(ms)"), R"({"v":"1250"})"), "0=timestamp 1250000");
  EXPECT_EQ(Decode(One("timestamp(us)"), R"({"v":1.5})"), "/v: expected timestamp(us), found number 1.5");
  EXPECT_EQ(Decode(One("timestamp"), R"({"v":5})"), "/v: expected timestamp, found number 5");
  EXPECT_EQ(Decode(One("timestamp(s)"), R"({"v":1e18})"), "/v: expected timestamp(s), found number 1e18");
  EXPECT_EQ(Decode(One("date"), R"({"v":"1970-01-02"})"), "0=date 1");
  EXPECT_EQ(Decode(One("date(%Y-%b-%d)"), R"({"v":"2017-Mar-05"})"), "0=date 17230");
  EXPECT_EQ(Decode(One("date"), R"({"v":"2011-02-29"})"), "/v: expected date, found string \"2011-02-29\"");
}

TEST(RecordDecoder, NestedValuesAreBracketed) {
  Schema schema{
      {{"quotes", Nested(TypeKind::kMap, {{"", Scalar("decimal(18,6)")}})},
       {"items", Nested(TypeKind::kList, {{"", Nested(TypeKind::kStruct, {{"name", Scalar("string")},
                                                                          {"msrp", Scalar("decimal(12,2)?")}})}})}},
      UnknownFields::kReject};
  EXPECT_EQ(Decode(schema, R"({"quotes":{"USDAED":3.671984,"é":1},"items":[{"name":"a"},{"msrp":1.5,"name":"b"}]})"),
            "0=<USDAED=decimal 3671984 é=decimal 1000000> 1=[{0=string a} {1=decimal 150 0=string b}]");
  EXPECT_EQ(Decode(schema, R"({"quotes":{},"items":[]})"), "0=() 1=()");
  EXPECT_EQ(Decode(schema, R"({"quotes":{"a/b~":"x"},"items":[]})"),
            "/quotes/a~1b~0: expected decimal(18,6), found string \"x\"");
  EXPECT_EQ(Decode(schema, R"({"quotes":{"a":1,"a":2},"items":[]})"),
            "/quotes/a: expected each field once, found it again");
  EXPECT_EQ(Decode(schema, R"({"quotes":{},"items":[{"name":"a"},{"name":null}]})"),
            "/items/1/name: expected string, found null");
  EXPECT_EQ(Decode(schema, R"({"quotes":{},"items":[{"name":"a"},{}]})"),
            "/items/1/name: expected string, found nothing");
  EXPECT_EQ(Decode(schema, R"({"quotes":[],"items":[]})"), "/quotes: expected an object, found a list");
}

TEST(RecordDecoder, JsonTakesAnyValueAsItStands) {
  EXPECT_EQ(Decode(One("json"), R"({"v": {"a" : [1.50, "x\u00e9"] } })"), R"(0=string {"a" : [1.50, "x\u00e9"] })");
  EXPECT_EQ(Decode(One("json"), R"({"v":7})"), "0=string 7");
  EXPECT_EQ(Decode(One("json?"), R"({"v":null})"), "0=null");
  EXPECT_EQ(Decode(One("json"), R"({"v":null})"), "/v: expected json, found null");
}

TEST(RecordDecoder, NulIsRefusedWithAReason) {
  EXPECT_EQ(Decode(One("string"), R"({"v":"a\u0000b"})"),
            "/v: expected text without NUL (\\u0000), which no column can hold, found string \"a\\u0000b\"");
  EXPECT_EQ(Decode(One("json"), R"({"v":["\u0000"]})"),
            "/v: expected text without NUL (\\u0000), which no column can hold, found string \"\\u0000\"");
}

TEST(RecordDecoder, LoneSurrogateIsRefused) {
  for (const char* text : {"\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x"}) {
    EXPECT_NE(Decode(One("string"), std::string("{\"v\":\"") + text + "\"}").find("surrogate"), std::string::npos)
        << text;
  }
}

TEST(RecordDecoder, DepthIsBounded) {
  auto nested = [](size_t depth) { return "{\"v\":" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_EQ(Decode(One("json"), nested(63)).substr(0, 10), "0=string [");
  EXPECT_EQ(Decode(One("json"), nested(64)), "/v: expected at most 64 levels of brackets, found more");
  EXPECT_EQ(Decode(One("json"), nested(100'000)), "/v: expected at most 64 levels of brackets, found more");
}

TEST(RecordDecoder, ExactlyOneObjectIsARecord) {
  Schema schema = One("int");
  EXPECT_EQ(Decode(schema, "[1]"), "expected a JSON object, found a list");
  EXPECT_EQ(Decode(schema, "17"), "expected a JSON object, found number 17");
  EXPECT_EQ(Decode(schema, ""), "expected a JSON object, found nothing");
  EXPECT_EQ(Decode(schema, R"({"v":1}{"v":2})"), "expected a JSON object, found something after the value at byte 7");
  EXPECT_EQ(Decode(schema, R"({"v":1} x)"), "expected a JSON object, found something after the value at byte 8");
}

TEST(RecordDecoder, WhatIsNoJsonIsNamedWithItsByte) {
  Schema schema = One("string");
  struct Case {
    std::string json;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {R"({"v":"a)", "expected a JSON object, found a string that does not end at byte 5"},
           {R"({"v":"a")", "expected a JSON object, found the end of the text at byte 8"},
           {R"({"v" "a"})", "expected a JSON object, found `\"` where it cannot stand at byte 5"},
           {R"({"v":"a",})", "expected a JSON object, found `}` where it cannot stand at byte 9"},
           {R"({"v":"\x"})", "expected a JSON object, found an unknown escape at byte 5"},
           {R"({"v":1, ]})", "expected a JSON object, found `]` where it cannot stand at byte 8"},
           {"{\"v\":\"a\nb\"}", "expected a JSON object, found a bare control character in a string at byte 7"},
           {"{\"v\":\"\xff\"}", "expected a JSON object, found bytes that are not UTF-8 at byte 6"},
           {"{\"v\":\"\xed\xa0\x80\"}", "expected a JSON object, found bytes that are not UTF-8 at byte 6"},
       }) {
    EXPECT_EQ(Decode(schema, c.json), c.message) << c.json;
    auto decoder = RecordDecoder::Compile(schema, "");
    auto decoded = decoder->Decode(c.json, nullptr);
    ASSERT_FALSE(decoded);
    EXPECT_TRUE(decoded.error().malformed) << c.json;
  }
}

TEST(RecordDecoder, LongValuesAreCutInFaults) {
  std::string found = Decode(One("int"), "{\"v\":\"" + std::string(59, 'x') + "\xC3\xA9\xC3\xA9\"}");
  EXPECT_EQ(found, "/v: expected int, found string \"" + std::string(59, 'x') + "...\"");
}

TEST(RecordDecoder, KeyIsTheCanonicalTextOfTheTypedValue) {
  EXPECT_EQ(Key("string", R"({"v":"a\u00e9"})"), "aé");
  EXPECT_EQ(Key("int", R"({"v":17850.0})"), "17850");
  EXPECT_EQ(Key("decimal(12,2)", R"({"v":1.5})"), "1.50");
  EXPECT_EQ(Key("decimal(12,2)", R"({"v":-0.05})"), "-0.05");
  EXPECT_EQ(Key("double", R"({"v":-0.0})"), "0");
  EXPECT_EQ(Key("bool", R"({"v":"TRUE"})"), "true");
  EXPECT_EQ(Key("date(%d/%m/%Y)", R"({"v":"1/2/2010"})"), "2010-02-01");
  EXPECT_EQ(Key("timestamp", R"({"v":"2010-12-01 08:26+01:00"})"), "2010-12-01T07:26:00Z");
  EXPECT_EQ(Key("int?", R"({"v":null})"), "(none)");
  EXPECT_EQ(Key("int?", R"({})"), "(none)");
}

TEST(RecordDecoder, KeyThatIsNoPlainFieldIsRefused) {
  EXPECT_EQ(Decode(One("int"), "{}", nullptr, "x"), "compile: the key `x` is no field of the schema");
  EXPECT_EQ(Decode(One("json"), "{}", nullptr, "v"), "compile: the key `v` is json; a key is one plain value");
}

TEST(RecordDecoder, FaultLeavesNoRowAndNoKeyBehind) {
  auto decoder = RecordDecoder::Compile(Retail(), "InvoiceNo");
  RecordingRowSink sink;
  std::string bad = Padded(R"({"InvoiceNo":"1","StockCode":2})");
  ASSERT_FALSE(decoder->Decode(std::string_view(bad).substr(0, bad.size() - RecordDecoder::kPadding), &sink));
  EXPECT_TRUE(sink.rows().empty());
  EXPECT_EQ(sink.abandoned(), 1u);
  RecordDecoder clone = decoder->Clone();
  EXPECT_EQ(clone.key(), std::nullopt);
}

}  // namespace
}  // namespace tailrace
