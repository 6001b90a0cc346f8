// Each tests/config/NAME.yaml gives what stands in NAME.txt, nothing when that is empty. With TAILRACE_UPDATE=1 in the
// environment the texts are written anew: read the difference before keeping it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/load.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecret = "hunter2";

fs::path Folder() { return fs::path(TAILRACE_SOURCE_DIR) / "tests" / "config"; }

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Told(const std::string& name) {
  LoadOptions options;
  options.environment = [](std::string_view variable) -> std::optional<std::string> {
    if (variable == "SECRET") return std::string(kSecret);
    return std::nullopt;
  };
  const fs::path path = Folder() / (name + ".yaml");
  const Loaded loaded = ParsePipeline(ReadAll(path), path.string(), options);
  std::string text;
  bool has_errors = false;
  for (Diagnostic diagnostic : loaded.diagnostics) {
    diagnostic.path = name + ".yaml";
    text += Render(diagnostic, false) + "\n";
    has_errors = has_errors || diagnostic.severity == Severity::kError;
  }
  EXPECT_EQ(loaded.pipeline.has_value(), !has_errors);
  return text;
}

class FixtureTest : public testing::TestWithParam<std::string> {};

TEST_P(FixtureTest, TellsWhatIsExpected) {
  const std::string told = Told(GetParam());
  const fs::path expected = Folder() / (GetParam() + ".txt");
  if (std::getenv("TAILRACE_UPDATE") != nullptr) std::ofstream(expected, std::ios::binary) << told;
  EXPECT_EQ(told, ReadAll(expected));
  EXPECT_EQ(told.find(kSecret), std::string::npos) << "a value of the environment was shown";
}

INSTANTIATE_TEST_SUITE_P(Files, FixtureTest, testing::ValuesIn(Names()), [](const auto& file) { return file.param; });

}  // namespace
}  // namespace tailrace::config
