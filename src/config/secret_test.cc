// A value that comes from outside the file is shown in no message, wherever it is put and whatever it looks like.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/load.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecret = "hunter2";

// What a secret may be taken for, place by place: each gets as far into the checks as it can.
const std::vector<std::string> kDisguises = {
    "hunter2",
    "2hunter2",
    "hunter2: {",
    "hunter2\nhunter2",
    "Hunter2 hunter2",
    "decimal(hunter2)",
    "timestamp(%hunter2",
    "[{hunter2: int}]",
    "{hunter2: nothing}",
    "int = hunter2",
    "int max hunter2",
    "hunter2 = 1",
    "/hunter2/~9",
    "POST /hunter2",
    "POST /streams/hunter2",
    "GET hunter2",
    "5% of hunter2",
    "hunter2GB",
    "http://hunter2/",
    "hunter2.csv",
    "[hunter2]:1",
};

struct Place {
  size_t begin = 0;
  size_t end = 0;
};

// Every plain value of the file: behind `: `, `- `, `[` and `, `, up to what ends it.
std::vector<Place> ValuesOf(const std::string& text) {
  std::vector<Place> places;
  const auto begins = [&](size_t at) {
    const std::string_view before = std::string_view(text).substr(0, at);
    return before.ends_with(": ") || before.ends_with("- ") || before.ends_with("[") || before.ends_with(", ");
  };
  for (size_t at = 1; at < text.size(); ++at) {
    if (!begins(at) || std::string_view("\"'[]{}|>&*#\n ").find(text[at]) != std::string_view::npos) continue;
    size_t end = at;
    while (end < text.size() && std::string_view(",[]{}#\n").find(text[end]) == std::string_view::npos) ++end;
    const std::string_view value = std::string_view(text).substr(at, end - at);
    const bool is_key = value.find(": ") != std::string_view::npos || value.ends_with(':');
    if (!is_key) places.push_back({at, end});
  }
  return places;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

std::vector<fs::path> Files() {
  std::vector<fs::path> files;
  for (const char* folder : {"tests/config", "tests/pipelines"}) {
    for (const auto& entry : fs::directory_iterator(fs::path(TAILRACE_SOURCE_DIR) / folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class SecretTest : public ::testing::TestWithParam<fs::path> {
 protected:
  // Loads the text with this value for ${SECRET}, and returns the message that shows it, if there is one.
  static std::string Leak(const std::string& text, const std::string& value, bool check_sql) {
    LoadOptions options;
    options.check_sql = check_sql;
    options.environment = [&](std::string_view name) { return name == "SECRET" ? std::optional(value) : std::nullopt; };
    for (const Diagnostic& diagnostic : ParsePipeline(text, GetParam().string(), options).diagnostics) {
      std::string told = Render(diagnostic, false);
      std::transform(told.begin(), told.end(), told.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (told.find(kSecret) != std::string::npos) return told;
    }
    return "";
  }

  static std::string With(const std::string& text, const Place& place, const std::string& put) {
    return text.substr(0, place.begin) + put + text.substr(place.end);
  }
};

TEST_P(SecretTest, NoMessageShowsAValueFromOutsideWhateverItsPlace) {
  const std::string text = ReadAll(GetParam());
  ASSERT_EQ(text.find(kSecret), std::string::npos) << "the file has it itself";
  // Each place gets every fourth of them, its neighbour the next: equal places are many.
  constexpr size_t kStep = 4;
  size_t first = 0;
  for (const Place& place : ValuesOf(text)) {
    first = (first + 1) % kStep;
    for (size_t i = first; i < kDisguises.size(); i += kStep) {
      const std::string& value = kDisguises[i];
      const std::string leak = Leak(With(text, place, "\"${SECRET}\""), value, false);
      EXPECT_EQ(leak, "") << "in place of " << text.substr(place.begin, place.end - place.begin);
      if (!leak.empty()) return;
    }
  }
}

TEST_P(SecretTest, NorWhenAllValuesComeFromOutside) {
  std::string text = ReadAll(GetParam());
  const std::vector<Place> places = ValuesOf(text);
  std::string all = text;
  for (auto place = places.rbegin(); place != places.rend(); ++place) all = With(all, *place, "\"${SECRET}\"");
  for (const std::string& value : kDisguises) EXPECT_EQ(Leak(all, value, false), "");
}

TEST_P(SecretTest, NorInSql) {
  const std::string text = ReadAll(GetParam());
  for (size_t at = text.find("SELECT "); at != std::string::npos; at = text.find("SELECT ", at + 1)) {
    const size_t line = text.rfind('\n', at) + 1;
    const std::string_view before = std::string_view(text).substr(line, at - line);
    if (!before.ends_with("sql: ") && !before.ends_with("sql: \"")) continue;
    for (const char* value : {"hunter2", "hunter2, hunter2", "'hunter2'", "(hunter2"}) {
      EXPECT_EQ(Leak(With(text, {at + 7, at + 7}, "${SECRET} "), value, true), "");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, SecretTest, testing::ValuesIn(Files()), [](const auto& file) {
  std::string name = file.param.parent_path().filename().string() + "_" + file.param.stem().string();
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace tailrace::config
