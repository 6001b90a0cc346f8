#include "ports/row_message.h"

#include <gtest/gtest.h>

#include <random>

namespace tailrace {
namespace {

SourceRow Row(std::string_view json, std::string_view raw, std::string fault, int64_t place) {
  SourceRow row;
  row.json = json;
  row.raw = raw;
  row.fault = std::move(fault);
  row.place = place;
  row.line = place / 10 + 1;
  return row;
}

RowMessage Sample() {
  RowMessage message;
  message.start = 10;
  message.schema = "0123456789abcdef";
  message.batch.item = "12-34.5";
  message.batch.item_name = "/data/a file\nof two lines.csv";
  message.batch.detail = "3;4096:aa;-";
  message.batch.next = 99;
  const std::string_view same = R"({"a":1})";
  message.batch.rows.push_back(Row(same, same, "", 10));
  message.batch.rows.push_back(Row(R"({"a":"2"})", "2", "", 20));
  message.batch.rows.push_back(Row("", std::string_view("\0\xff\n= 5", 6), "no row", 30));
  message.batch.rows.push_back(Row("x", "", "", 30));
  return message;
}

std::string TextOf(const RowMessage& message) {
  std::string text;
  AppendRowMessage(message, &text);
  return text;
}

TEST(RowMessage, ComesBackAsItWasSent) {
  const RowMessage sent = Sample();
  const std::string text = TextOf(sent);
  const auto got = ParseRowMessage(text);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->start, sent.start);
  EXPECT_EQ(got->schema, sent.schema);
  EXPECT_EQ(got->batch.item, sent.batch.item);
  EXPECT_EQ(got->batch.item_name, sent.batch.item_name);
  EXPECT_EQ(got->batch.detail, sent.batch.detail);
  EXPECT_EQ(got->batch.next, sent.batch.next);
  ASSERT_EQ(got->batch.rows.size(), sent.batch.rows.size());
  for (size_t i = 0; i < sent.batch.rows.size(); ++i) {
    EXPECT_EQ(got->batch.rows[i].json, sent.batch.rows[i].json);
    EXPECT_EQ(got->batch.rows[i].raw, sent.batch.rows[i].raw);
    EXPECT_EQ(got->batch.rows[i].fault, sent.batch.rows[i].fault);
    EXPECT_EQ(got->batch.rows[i].place, sent.batch.rows[i].place);
    EXPECT_EQ(got->batch.rows[i].line, sent.batch.rows[i].line);
  }
}

TEST(RowMessage, WhatIsCutOrLongerIsNone) {
  const std::string text = TextOf(Sample());
  for (size_t bytes = 0; bytes < text.size(); ++bytes) EXPECT_FALSE(ParseRowMessage(std::string_view(text).substr(0, bytes))) << bytes;
  EXPECT_FALSE(ParseRowMessage(text + "\n"));
}

TEST(RowMessage, PlacesBeforeTheOnesBeforeOrBehindTheEndAreRefused) {
  RowMessage message = Sample();
  message.batch.rows[1].place = 9;
  EXPECT_FALSE(ParseRowMessage(TextOf(message)));
  message.batch.rows[1].place = 31;
  EXPECT_FALSE(ParseRowMessage(TextOf(message)));
  message = Sample();
  message.batch.next = 30;
  EXPECT_FALSE(ParseRowMessage(TextOf(message)));
}

TEST(RowMessage, ARowIsJsonOrAFault) {
  RowMessage message = Sample();
  message.batch.rows[0].json = message.batch.rows[0].raw = "";
  EXPECT_FALSE(ParseRowMessage(TextOf(message)));
}

TEST(RowMessage, AnyBytesAreReadOrRefused) {
  std::mt19937_64 random(7);
  const std::string text = TextOf(Sample());
  for (int i = 0; i < 20'000; ++i) {
    std::string broken = text;
    for (int times = 0; times < 3; ++times) broken[random() % broken.size()] = "0123456789= \n-x"[random() % 15];
    const auto got = ParseRowMessage(broken);
    EXPECT_TRUE(got || got.error().code() == ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace tailrace
