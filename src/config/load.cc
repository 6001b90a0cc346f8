#include "config/load.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/check_text.h"
#include "config/foot_guns.h"
#include "config/key_table.h"
#include "config/order_hints.h"
#include "config/quote_traps.h"
#include "config/read_tests.h"
#include "config/reading.h"
#include "config/secret_values.h"
#include "config/secret_words.h"
#include "config/shape.h"
#include "config/sql_check.h"
#include "config/substitution.h"
#include "config/yaml.h"

namespace tailrace::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFileName = "pipeline.yaml";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// How a text is read.
struct ParseOptions {
  const LoadOptions& load;
  bool look_outside = true;  // at what ${...} names
  std::stop_token stop = {};
};

std::string FolderOf(const std::string& path) {
  std::error_code code;
  const fs::path absolute = fs::absolute(path, code);
  return (code ? fs::path(path) : absolute).lexically_normal().parent_path().string();
}

// One byte more than may be read shows that the file is too large.
Result<std::string> ReadText(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return Fail(Error::NotFound(path.string() + ": no such file"));
  if (!fs::is_regular_file(path, code)) return Fail(Error::Invalid(path.string() + ": not a file"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(Error::Unavailable(path.string() + ": the file cannot be read"));
  std::string text(YamlLimits{}.bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Fail(Error::Unavailable(path.string() + ": the file cannot be read"));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

std::map<std::string, std::vector<ColumnSpec>> ColumnsOf(
    const std::map<std::string, std::vector<sql::ResultColumn>>& columns) {
  std::map<std::string, std::vector<ColumnSpec>> copy;
  for (const auto& [name, list] : columns) {
    for (const sql::ResultColumn& column : list) copy[name].push_back({column.name, column.type});
  }
  return copy;
}

void ReadPipeline(Node& root, const std::string& path, const ParseOptions& options, Reading& reading) {
  CheckShape(root, PipelineShape(), reading.report);
  if (root.kind != NodeKind::kMapping) return;
  Pipeline& pipeline = reading.pipeline;
  pipeline.name = TextOr(root, "pipeline", "");
  pipeline.description = TextOr(root, "description", "");
  pipeline.path = path;
  pipeline.folder = reading.folder;
  Routes routes;
  ReadStreams(root, reading);
  ReadRelations(root, reading);
  ReadSources(root, routes, reading);
  ReadApis(root, routes, reading);
  ReadDashboards(root, reading);
  ReadLake(root, reading);
  ReadServer(root, reading);
  ReadJobs(root, reading);
  ReadAlerts(root, reading);
  WarnOfStreams(root, reading);
  const SqlColumns columns = options.load.check_sql ? CheckSql(reading, options.stop) : SqlColumns{};
  pipeline.relation_columns = ColumnsOf(columns.relations);
  pipeline.api_columns = ColumnsOf(columns.apis);
  CheckLakeColumns(root, reading);
  WarnOfOrder(reading);
  ReadTests(root, columns, reading);
}

fs::path FileOf(const std::string& path) {
  std::error_code code;
  return fs::is_directory(path, code) ? fs::path(path) / kFileName : fs::path(path);
}

Loaded Parse(std::string_view text, const std::string& path, const ParseOptions& options) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const SourceText source{std::string(text)};
  Report report(source, path);
  Tree tree = ParseYaml(source, YamlLimits{}, report);
  Reading reading{report, FolderOf(path)};
  if (tree.root != nullptr && tree.root->null()) {
    report.Error(0, "the file is empty: a pipeline file begins with pipeline: NAME and streams:");
  } else if (tree.root != nullptr) {
    MendCutTexts(tree, report);
    Substitute(tree, {options.load, reading.folder, options.look_outside}, report);
    ReadPipeline(*tree.root, path, options, reading);
  } else if (!report.has_errors()) {
    report.Error(0, "the file is empty: a pipeline file begins with pipeline: NAME and streams:");
  }
  Loaded loaded;
  loaded.diagnostics = report.Finish();
  const SecretWords secrets(tree, source.text());
  for (Diagnostic& diagnostic : loaded.diagnostics) diagnostic.message = secrets.Hide(std::move(diagnostic.message));
  if (!report.has_errors()) loaded.pipeline = std::move(reading.pipeline);
  return loaded;
}

}  // namespace

Result<std::vector<std::string>> SecretValuesOf(const std::string& path, const LoadOptions& options) {
  const fs::path file = FileOf(path);
  TR_TRY(const std::string text, ReadText(file));
  return SecretValuesIn(text, FolderOf(file.string()), options);
}

Result<PipelineText> ReadPipelineText(const std::string& path) {
  const fs::path file = FileOf(path);
  auto read = ReadText(file);
  const bool is_folder_without = !read && read.error().code() == ErrorCode::kNotFound && file.string() != path;
  if (is_folder_without) {
    const std::string folder = path.empty() || path == "." ? "this folder" : path;
    return Fail(Error::NotFound("there is no " + std::string(kFileName) + " in " + folder +
                                ": name a pipeline file or its folder, or let `tailrace init` write one"));
  }
  TR_TRY(std::string text, std::move(read));
  return PipelineText{file.string(), std::move(text)};
}

Result<Loaded> LoadPipeline(const std::string& path, const LoadOptions& options) {
  TR_TRY(const PipelineText read, ReadPipelineText(path));
  return ParsePipeline(read.text, read.path, options);
}

Loaded ParsePipeline(std::string_view text, const std::string& path, const LoadOptions& options) { return Parse(text, path, {options}); }

std::vector<Diagnostic> CheckText(std::string_view text, const std::string& path, const std::stop_token& stop) {
  return Parse(text, path, {LoadOptions{}, false, stop}).diagnostics;
}

}  // namespace tailrace::config
