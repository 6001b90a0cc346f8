#include "config/sql_words.h"

#include <gtest/gtest.h>

#include "config/foot_guns.h"

namespace tailrace::config {
namespace {

std::string Told(std::string_view sql) {
  std::string told;
  for (const SqlWord& word : SqlWords(sql)) {
    told += (told.empty() ? "" : " ") + std::string(word.parameter ? "$" : "") + word.text + (word.quoted ? "\"" : "") +
            (word.called ? "()" : "") + (word.is_label ? "!" : "");
  }
  return told;
}

TEST(SqlWordsTest, StringsAndCommentsAreNoWords) {
  EXPECT_EQ(Told("a 'b''c' d -- e\n f /* g /* h */ i */ j"), "a d f j");
  EXPECT_EQ(Told("E'a\\'b' c $$ d $$ e $x$ f $$ g $x$ h"), "c e h");
  EXPECT_EQ(Told("'open"), "");
  EXPECT_EQ(Told("/* open"), "");
}

TEST(SqlWordsTest, ParametersCallsAndLabelsAreTold) {
  EXPECT_EQ(Told("count (x) AS \"group\", t.order = $n"), "count() x AS group\"! t order! $n");
  EXPECT_EQ(Told("1e5 + x1"), "x1");
}

TEST(SqlWordsTest, WhatLooksAcrossRowsIsFound) {
  EXPECT_EQ(FirstWordAcrossRows("SELECT a, 'sum(x)' AS \"distinct\" FROM t WHERE b"), std::nullopt);
  EXPECT_EQ(FirstWordAcrossRows("SELECT max(a) FROM t"), "max");
  EXPECT_EQ(FirstWordAcrossRows("SELECT DISTINCT a FROM t"), "DISTINCT");
  EXPECT_EQ(FirstWordAcrossRows("SELECT a AS limit FROM t"), std::nullopt);
}

}  // namespace
}  // namespace tailrace::config
