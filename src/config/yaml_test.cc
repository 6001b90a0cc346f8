#include "config/yaml.h"

#include <gtest/gtest.h>

#include "config/scalar_origin.h"

namespace tailrace::config {
namespace {

struct Read {
  explicit Read(std::string text, YamlLimits limits = {})
      : source(std::move(text)), report(source, "p.yaml"), tree(ParseYaml(source, limits, report)) {}
  std::string Told() const {
    std::string told;
    for (const Diagnostic& diagnostic : report.Finish()) {
      told += std::to_string(diagnostic.place.line) + ":" + std::to_string(diagnostic.place.column) + ": " +
              diagnostic.message + "\n";
    }
    return told;
  }
  const Node& At(std::string_view key) const { return *tree.root->Value(key); }

  SourceText source;
  Report report;
  Tree tree;
};

std::string TextOf(const std::string& value) {
  const Read read("k: " + value + "\n");
  EXPECT_EQ(read.Told(), "") << value;
  return read.At("k").text;
}

TEST(YamlTest, ScalarsReadAsYamlSays) {
  EXPECT_EQ(TextOf("a b"), "a b");
  EXPECT_EQ(TextOf("a\n  b\n\n  c"), "a b\nc");
  EXPECT_EQ(TextOf("'it''s'"), "it's");
  EXPECT_EQ(TextOf("'a''''b'"), "a''b");
  EXPECT_EQ(TextOf("' a \n  b '"), " a b ");
  EXPECT_EQ(TextOf(R"("\"\\\t\u00e9\x41\U0001F600")"),
            "\"\\\t\xC3\xA9"
            "A\xF0\x9F\x98\x80");
  EXPECT_EQ(TextOf(R"("\ud83d\ude00")"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(TextOf("\"a\\\n  b\""), "ab");
  EXPECT_EQ(TextOf("|\n  a\n   b\n\n  c"), "a\n b\n\nc\n");
  EXPECT_EQ(TextOf("|-\n  a\n  b"), "a\nb");
  EXPECT_EQ(TextOf("|+\n  a\n\n"), "a\n\n\n");
  EXPECT_EQ(TextOf("|2\n   a\n  b"), " a\nb\n");
  EXPECT_EQ(TextOf(">\n  a\n  b\n\n  c\n   d\n  e"), "a b\nc\n d\ne\n");
  EXPECT_EQ(TextOf(">-\n  a\n  b"), "a b");
}

TEST(YamlTest, EveryByteOfATextKnowsItsPlace) {
  const std::vector<std::string> values = {"one two\n   three", "'it''s a\n   b'", R"("\"x\" é \u00e9 y")",
                                           "|\n    one\n      two\n\n    three", ">-\n    one\n    two\n\n    thrée"};
  for (const std::string& value : values) {
    const Read read("k:\n  n: " + value + "\n");
    const Node& node = *read.At("k").Value("n");
    const ScalarOrigin origin(node, read.source);
    for (size_t i = 0; i < node.text.size(); ++i) {
      const char in_file = read.source.text()[origin.FileOffset(i)];
      const bool space = node.text[i] == ' ' || node.text[i] == '\n';
      EXPECT_TRUE(space || in_file == '\\' || in_file == node.text[i]) << value << " at " << i;
    }
    EXPECT_LE(origin.FileOffset(node.text.size() + 100), read.source.text().size());
  }
}

TEST(YamlTest, NothingWrittenIsNull) {
  const Read read("a:\nb: ~\nc: null\nd: 'null'\ne: ''\n");
  EXPECT_TRUE(read.At("a").null());
  EXPECT_TRUE(read.At("b").null());
  EXPECT_TRUE(read.At("c").null());
  EXPECT_FALSE(read.At("d").null());
  EXPECT_FALSE(read.At("e").null());
}

TEST(YamlTest, AliasesAreWhatTheyName) {
  const Read read("a: &x {b: 1}\nc: *x\n");
  EXPECT_EQ(&read.At("a"), &read.At("c"));
  EXPECT_EQ(read.Told(), "");
}

TEST(YamlTest, AnAliasCountsWhatItStandsFor) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += ", " + before;
    bomb += "]\n";
  }
  const Read read(bomb);
  EXPECT_EQ(read.tree.root, nullptr);
  EXPECT_NE(read.Told().find("more than 250000 values"), std::string::npos) << read.Told();
}

TEST(YamlTest, DepthIsBoundedAlsoThroughAliases) {
  const Read flow("a: " + std::string(9000, '['));
  EXPECT_NE(flow.Told().find("nested deeper than 64 levels"), std::string::npos);
  std::string block;
  for (int i = 0; i < 1000; ++i) block += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  EXPECT_NE(Read(block).Told().find("nested deeper than 64 levels"), std::string::npos);
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 500; ++i)
    chain += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_NE(Read(chain).Told().find("nested deeper than 64 levels"), std::string::npos);
}

TEST(YamlTest, ASelfContainingAliasIsRefused) {
  EXPECT_EQ(Read("a: &x [*x]\n").Told(), "1:9: the alias *x stands inside what it names\n");
}

TEST(YamlTest, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(Read("a: b\nc: \xFF\n").Told(), "2:4: not UTF-8 from here on: save the file as UTF-8\n");
  EXPECT_EQ(Read("a: \xC0\xAF").Told(), "1:4: not UTF-8 from here on: save the file as UTF-8\n");
  EXPECT_EQ(Read("a: \xED\xA0\x80").Told(), "1:4: not UTF-8 from here on: save the file as UTF-8\n");
  EXPECT_EQ(Read(std::string("a: b\0c\n", 7)).Told(), "1:5: a control character\n");
  EXPECT_EQ(Read("a: \"\\0\"\n").Told(), "1:5: a text must not hold the character NUL\n");
  EXPECT_NE(Read(std::string((10u << 20) + 1, '#')).Told().find("larger than 10 MB"), std::string::npos);
}

TEST(YamlTest, ATabIsNamed) { EXPECT_NE(Read("a:\n\tb: 1\n").Told().find("indent with spaces"), std::string::npos); }

TEST(YamlTest, WhatFollowsASyntaxErrorIsStillRead) {
  const Read read("a:\n  b: [1, 2\n  c: 3\nd: 'open\ne: {f: 1}\n");
  EXPECT_EQ(read.At("a").Value("c")->text, "3");
  EXPECT_EQ(read.At("e").Value("f")->text, "1");
  EXPECT_TRUE(read.At("a").Value("b")->broken);
  EXPECT_TRUE(read.At("d").broken);
}

TEST(YamlTest, ListItemsAreReadOneByOneAfterASyntaxError) {
  const Read read("t:\n  - a: {b: 1\n  - a: 2\n  - a: }\n");
  ASSERT_EQ(read.At("t").items.size(), 3u);
  EXPECT_EQ(read.At("t").items[1]->Value("a")->text, "2");
}

TEST(YamlTest, PlacesCountCharacters) {
  const Read read("# é\nk: {\"é\": 1, x: 2, x: 3}\n");
  EXPECT_EQ(read.Told(), "2:19: \"x\" stands here a second time; the first is on line 2\n");
}

TEST(YamlTest, WindowsLineEndsAreLineEnds) {
  const Read read("a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2\r\n");
  EXPECT_EQ(read.Told(), "");
  EXPECT_EQ(read.At("b").text, "x\ny\n");
  EXPECT_EQ(read.At("c").text, "2");
}

}  // namespace
}  // namespace tailrace::config
