// Files made to break the reader: every one gets an answer, soon, and the process lives.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "config/load.h"

namespace tailrace::config {
namespace {

constexpr int kMutations = 4000;
constexpr int kMutationsWithSql = 150;
constexpr size_t kNearlyTenMegabytes = (size_t{10} << 20) - 100;

LoadOptions Options(bool check_sql) {
  LoadOptions options;
  options.environment = [](std::string_view) { return std::nullopt; };
  options.check_sql = check_sql;
  return options;
}

std::string ValidFile(const std::string& name) {
  std::ifstream file(std::filesystem::path(TAILRACE_SOURCE_DIR) / "tests" / "config" / name, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

// Well-formed answers: a pipeline or an error, places within the file.
void ExpectAnswer(const std::string& text, bool check_sql) {
  const Loaded loaded = ParsePipeline(text, "/nowhere/p.yaml", Options(check_sql));
  bool has_errors = false;
  for (const Diagnostic& diagnostic : loaded.diagnostics) {
    has_errors = has_errors || diagnostic.severity == Severity::kError;
    EXPECT_GE(diagnostic.place.line, 1);
    EXPECT_GE(diagnostic.place.column, 1);
    EXPECT_FALSE(diagnostic.message.empty());
    EXPECT_LT(Render(diagnostic, true).size(), 4000u);
  }
  EXPECT_EQ(loaded.pipeline.has_value(), !has_errors);
}

std::string Repeated(const std::string& piece, size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(HostileTest, LargeFilesAreAnswered) {
  for (const char* piece : {"[",   "{", "- ", "? ",    "a: ",  "\"",   "'",  "#",  "|", "&a ",
                            "*a ", "!", "\n", "---\n", "{a: ", "[a, ", "${", "x ", "(", "é"}) {
    const std::string unit(piece);
    ExpectAnswer(Repeated(unit, kNearlyTenMegabytes / unit.size()), false);
  }
}

TEST(HostileTest, ManyMistakesAreToldAndCounted) {
  std::string text = "pipeline: p\nstreams: {";
  for (int i = 0; i < 40000; ++i) text += "s" + std::to_string(i) + ": {x: 1}, ";
  const Loaded loaded = ParsePipeline(text + "}\n", "/nowhere/p.yaml", Options(false));
  ASSERT_FALSE(loaded.diagnostics.empty());
  EXPECT_NE(loaded.diagnostics.back().message.find(" more from here on"), std::string::npos);
  EXPECT_LT(loaded.diagnostics.size(), 300u);
}

TEST(HostileTest, AReplacedBombIsBounded) {
  LoadOptions options = Options(false);
  options.environment = [](std::string_view) { return std::string(1 << 20, 'x'); };
  const Loaded loaded = ParsePipeline("pipeline: p\ndescription: " + Repeated("${X}", 1000) + "\nstreams: {}\n",
                                      "/nowhere/p.yaml", options);
  ASSERT_FALSE(loaded.pipeline);
  EXPECT_NE(loaded.diagnostics[0].message.find("more than 16 MB"), std::string::npos);
}

TEST(HostileTest, ViewsThatDoubleAreRefused) {
  std::string text = "pipeline: p\nstreams: {s: {schema: {a: int}}}\nviews:\n  v0: {sql: SELECT a FROM s}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "v" + std::to_string(i - 1);
    text +=
        "  v" + std::to_string(i) + ": {sql: \"SELECT x.a FROM " + before + " x JOIN " + before + " y USING (a)\"}\n";
  }
  const Loaded loaded = ParsePipeline(text, "/nowhere/p.yaml", Options(true));
  ASSERT_FALSE(loaded.pipeline);
  EXPECT_NE(loaded.diagnostics[0].message.find("views within views"), std::string::npos)
      << loaded.diagnostics[0].message;
}

TEST(HostileTest, DeepSqlIsAnswered) {
  const std::string deep = Repeated("(", 20000) + "1" + Repeated(")", 20000);
  ExpectAnswer("pipeline: p\nstreams: {s: {schema: {a: int}}}\nviews: {v: {sql: \"SELECT " + deep + "\"}}\n", true);
}

std::string Mutated(const std::string& valid, std::mt19937& random) {
  static constexpr std::string_view kBytes = "{}[]:,#&*!|>'\"%@`?- \n\tabc0${}()\\\xC3\xFF";
  std::string text = valid;
  const auto below = [&](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random); };
  for (size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
    const size_t at = below(text.size());
    switch (below(6)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text.erase(at, 1 + below(20));
        break;
      case 2:
        text.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 3:
        text[at] = kBytes[below(kBytes.size())];
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), below(60)));
        break;
      default:
        std::swap(text[at], text[below(text.size())]);
        break;
    }
  }
  return text;
}

TEST(HostileTest, DamagedFilesAreAnswered) {
  std::mt19937 random(20240607);
  for (const char* name : {"retail.yaml", "everything.yaml"}) {
    const std::string valid = ValidFile(name);
    ASSERT_FALSE(valid.empty());
    for (int i = 0; i < kMutations / 2; ++i) {
      const std::string text = Mutated(valid, random);
      ExpectAnswer(text, false);
      if (HasFailure()) FAIL() << text;
    }
  }
}

TEST(HostileTest, DamagedSqlIsAnswered) {
  std::mt19937 random(7);
  const std::string valid = ValidFile("everything.yaml");
  for (int i = 0; i < kMutationsWithSql; ++i) {
    const std::string text = Mutated(valid, random);
    ExpectAnswer(text, true);
    if (HasFailure()) FAIL() << text;
  }
}

TEST(HostileTest, RandomBytesAreAnswered) {
  std::mt19937 random(42);
  for (int i = 0; i < 500; ++i) {
    std::string text(std::uniform_int_distribution<size_t>(0, 300)(random), ' ');
    for (char& c : text)
      c = static_cast<char>(std::uniform_int_distribution<int>(i % 2 == 0 ? 0 : 9, i % 2 == 0 ? 255 : 126)(random));
    ExpectAnswer(text, false);
  }
}

}  // namespace
}  // namespace tailrace::config
