#include "sources/folders.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "sources/file_source.h"
#include "sources/testing/temporary_folder.h"

namespace tailrace {
namespace {

using Rows = std::vector<std::string>;

void WriteIn(const TemporaryFolder& folder, const std::string& name, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(folder.Path(name)).parent_path());
  folder.Write(name, text);
}

Type Scalar(const std::string& text) {
  Type type;
  std::string error;
  EXPECT_TRUE(ParseScalarType(text, &type, &error)) << error;
  return type;
}

// All rows that the source gives, in their order; an error as its last.
Rows ReadAll(const FileSourceOptions& options, const Schema& schema) {
  auto source = MakeFileSource(options, schema);
  if (!source) return {"error: " + source.error().message()};
  Rows rows;
  for (int calls = 0; calls < 1000; ++calls) {
    auto batch = (*source)->Next(1 << 20, [](std::string_view) { return std::nullopt; }, {});
    if (!batch) return {"error: " + batch.error().message()};
    if (batch->end) return rows;
    for (const SourceRow& row : batch->rows) rows.push_back(row.fault.empty() ? std::string(row.json) : row.fault);
  }
  return {"no end"};
}

TEST(FolderFields, AreTheFoldersWithAnEqualsSign) {
  auto fields = FolderFields("/lake/=x/dt=2020-01-01/plain/at=10%3A30/c=__HIVE_DEFAULT_PARTITION__/n=1.csv");
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name + *fields[0].value, "dt2020-01-01");
  EXPECT_EQ(*fields[1].value, "10:30");
  EXPECT_EQ(fields[2].name, "c");
  EXPECT_FALSE(fields[2].value.has_value());
}

TEST(MatchingPaths, TwoStarsAreAnyNumberOfFolders) {
  TemporaryFolder folder;
  WriteIn(folder, "a.csv", "");
  WriteIn(folder, "x[1]/b.csv", "");
  WriteIn(folder, "x[1]/y/c.csv", "");
  WriteIn(folder, "x[1]/y/c.txt", "");
  std::filesystem::create_directory_symlink(folder.Path("x[1]"), folder.Path("x[1]/loop"));
  auto paths = MatchingPaths(folder.Path("**/*.csv"));
  ASSERT_TRUE(paths) << paths.error().message();
  EXPECT_EQ(*paths, (Rows{folder.Path("a.csv"), folder.Path("x[1]/b.csv"), folder.Path("x[1]/y/c.csv")}));
}

TEST(PartitionFolders, TheirValuesAreFieldsOfEachRow) {
  TemporaryFolder folder;
  WriteIn(folder, "dt=2020-01-01/c=DE/x.csv", "id\n1\n2\n");
  WriteIn(folder, "dt=2020-01-02/c=__HIVE_DEFAULT_PARTITION__/x.csv", "id\n3\n");
  Schema schema;
  schema.fields = {{"id", Scalar("int")}, {"dt", Scalar("date")}, {"c", Scalar("string?")}};
  FileSourceOptions options;
  options.path = folder.Path("**/*.csv");
  options.partitions = true;
  EXPECT_EQ(ReadAll(options, schema),
            (Rows{R"({"dt":"2020-01-01","c":"DE","id":"1"})", R"({"dt":"2020-01-01","c":"DE","id":"2"})",
                  R"({"dt":"2020-01-02","c":null,"id":"3"})"}));
}

TEST(PartitionFolders, AnEmptyRowHasThemAlone) {
  TemporaryFolder folder;
  WriteIn(folder, "dt=1/x.jsonl", "{ }\n[1]\n{\"a\":1}\n");
  FileSourceOptions options;
  options.path = folder.Path("*/x.jsonl");
  options.format = SourceFormat::kJsonLines;
  options.partitions = true;
  // What is no object stays what it is, for the decoder to refuse.
  EXPECT_EQ(ReadAll(options, {}), (Rows{R"({"dt":"1" })", "[1]", R"({"dt":"1","a":1})"}));
}

TEST(JsonRecords, ALineMayHoldSeveral) {
  TemporaryFolder folder;
  folder.Write("x.jsonl", "{\"t\":[{\"a\":1},{\"a\":2}]}\n{\"t\":5}\n{\"t\":[}\n{}\n{\"t\":[{\"a\":3}]}\n");
  FileSourceOptions options;
  options.path = folder.Path("x.jsonl");
  options.format = SourceFormat::kJsonLines;
  options.records = "/t/*";
  Rows rows = ReadAll(options, {});
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[0], "{\"a\":1}");
  EXPECT_EQ(rows[1], "{\"a\":2}");
  EXPECT_EQ(rows[2], "/t: neither a list nor an object");
  EXPECT_NE(rows[3].find("cannot stand"), std::string::npos) << rows[3];
  EXPECT_EQ(rows[4], "the value: has no part t");
  EXPECT_EQ(rows[5], "{\"a\":3}");
}

TEST(JsonRecords, ADocumentThatIsNotAsPromisedIsTold) {
  TemporaryFolder folder;
  FileSourceOptions options;
  options.path = folder.Path("x.json");
  options.format = SourceFormat::kJson;
  options.records = "/trips/option/*";
  const std::map<std::string, std::string> faults = {
      {"{\"trips\":{\"n\":1}}", "/trips: has no part option at byte 15"},
      {"{\"trips\":{\"option\":null}}", "/trips/option: neither a list nor an object at byte 10"},
      {"<html>", "the document: neither a list nor an object at byte 0"},
      {"{\"trips\":{\"option\":[{}", "the document does not end at byte 22"},
      {"{\"trips\":{\"option\":[1 2]}}", "neither a comma nor the end at byte 22"},
      {"{\"trips\" {}}", "no `:` behind a name at byte 1"},
  };
  for (const auto& [text, fault] : faults) {
    folder.Write("x.json", text);
    Rows rows = ReadAll(options, {});
    ASSERT_FALSE(rows.empty()) << text;
    EXPECT_NE(rows.back().find(fault), std::string::npos) << text << ": " << rows.back();
  }
}

}  // namespace
}  // namespace tailrace
