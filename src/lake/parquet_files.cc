#include "lake/parquet_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/file_system.h"
#include "model/json_text.h"

namespace tailrace::lake {
namespace {

constexpr size_t kMemoryBytesMax = size_t{256} << 20;
// A text of more bytes says little that helps to skip a file.
constexpr size_t kStatBytesMax = 64;

constexpr std::string_view kFileOptions = "FORMAT parquet, COMPRESSION zstd";

constexpr std::string_view kActionColumns =
    "{txn: 'STRUCT(appId VARCHAR, version BIGINT)', "
    "add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))', "
    "remove: 'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN)', "
    "metaData: 'STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], "
    "configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)', "
    "protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)'}";

enum class StatForm { kNone, kNumber, kFraction, kText, kTime };

// What the least and the greatest value of a column look like in the stats.
StatForm FormOf(const ColumnType& type) {
  if (type.kind != ColumnType::Kind::kPlain) return StatForm::kNone;
  const std::string file = FileTypeText(type);
  if (file == "VARCHAR" || file == "DATE") return StatForm::kText;
  if (file == "TIMESTAMP WITH TIME ZONE") return StatForm::kTime;
  if (file == "DOUBLE" || file == "FLOAT") return StatForm::kFraction;
  return file == "BOOLEAN" || file == "BLOB" ? StatForm::kNone : StatForm::kNumber;
}

// min, max and the number of nulls of one column, as texts.
std::string StatSql(const FileColumn& column, StatForm form) {
  const std::string name = sql::QuoteIdentifier(column.name);
  if (form == StatForm::kTime) {
    // Stats have milliseconds: the greatest is rounded up, or a reader would leave a file out that it needs.
    constexpr std::string_view kFormat = "'%Y-%m-%dT%H:%M:%S.%gZ'";
    return fmt::format("strftime(min({0})::TIMESTAMP, {1}), strftime(max({0})::TIMESTAMP + INTERVAL 999 MICROSECOND, {1}), count(*) - count({0})", name,
                       kFormat);
  }
  if (form == StatForm::kNone) return fmt::format("NULL, NULL, count(*) - count({})", name);
  return fmt::format("min({0})::VARCHAR, max({0})::VARCHAR, count(*) - count({0})", name);
}

// Nullopt: it cannot be told in JSON, or is too long.
std::optional<std::string> StatJson(const std::optional<std::string>& value, StatForm form) {
  if (!value || value->size() > kStatBytesMax) return std::nullopt;
  const bool is_text = form == StatForm::kText || form == StatForm::kTime;
  if (!is_text) return value->find_first_not_of("+-.0123456789eE") == std::string::npos ? value : std::nullopt;
  std::string json;
  AppendJsonString(*value, &json);
  return json;
}

std::string ReadOf(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) list += (list.empty() ? "" : ", ") + sql::QuoteLiteral(path);
  return "read_parquet([" + list + "], hive_partitioning = false)";
}

void AppendMember(const std::string& name, std::string_view json, std::string* out) {
  if (!out->empty()) *out += ',';
  AppendJsonString(name, out);
  *out += ':';
  *out += json;
}

}  // namespace

Result<std::unique_ptr<ParquetFiles>> ParquetFiles::Open(const std::string& folder, const std::string& spill) {
  std::unique_ptr<ParquetFiles> files(new ParquetFiles);
  sql::DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 1;  // rows stay in the order of the files
  options.memory_bytes_max = kMemoryBytesMax;
  options.temp_directory = spill;
  options.allowed_directories = {folder};
  TR_TRY(files->database_, sql::Database::Open(options));
  TR_TRY(files->connection_, files->database_->Connect());
  return files;
}

Result<ParquetSummary> ParquetFiles::Summarize(const std::string& path, const std::vector<FileColumn>& columns) {
  std::string select = "SELECT count(*)";
  for (const FileColumn& column : columns) select += ", " + StatSql(column, FormOf(column.type));
  TR_TRY(const sql::TextResult result, connection_->Query(select + " FROM read_parquet(" + sql::QuoteLiteral(path) + ", hive_partitioning = false)"));
  const auto& row = result.rows.front();
  std::string least;
  std::string greatest;
  std::string nulls;
  for (size_t i = 0; i < columns.size(); ++i) {
    const StatForm form = FormOf(columns[i].type);
    const auto low = StatJson(row[1 + 3 * i], form);
    const auto high = StatJson(row[2 + 3 * i], form);
    if (low && high) {
      AppendMember(columns[i].name, *low, &least);
      AppendMember(columns[i].name, *high, &greatest);
    }
    if (columns[i].type.kind == ColumnType::Kind::kPlain) AppendMember(columns[i].name, row[3 + 3 * i].value_or("0"), &nulls);
  }
  ParquetSummary summary;
  const std::string rows = row[0].value_or("0");
  std::from_chars(rows.data(), rows.data() + rows.size(), summary.rows);
  summary.stats = fmt::format(R"({{"numRecords":{},"minValues":{{{}}},"maxValues":{{{}}},"nullCount":{{{}}}}})", rows, least, greatest, nulls);
  return summary;
}

Status ParquetFiles::Merge(const std::vector<std::string>& paths, const std::string& to) {
  return connection_->Execute(fmt::format("COPY (SELECT * FROM {}) TO {} ({})", ReadOf(paths), sql::QuoteLiteral(to), kFileOptions));
}

Result<std::vector<std::string>> ParquetFiles::Split(const std::string& path, const std::string& to, int64_t bytes) {
  TR_RETURN_IF_ERROR(connection_->Execute(
      fmt::format("COPY (SELECT * FROM {}) TO {} ({}, FILE_SIZE_BYTES {})", ReadOf({path}), sql::QuoteLiteral(to), kFileOptions, bytes)));
  TR_TRY(auto names, PosixFileSystem().List(to));
  // data_2 before data_10.
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  for (std::string& name : names) name = to + "/" + name;
  return names;
}

Result<int64_t> ParquetFiles::Compare(const std::vector<std::string>& old_paths, const std::vector<std::string>& new_paths,
                                      const std::vector<FileColumn>& columns) {
  std::string list;
  is_different_.clear();
  for (const FileColumn& column : columns) {
    const std::string name = sql::QuoteIdentifier(column.name);
    list += (list.empty() ? "" : ", ") + name;
    is_different_ += fmt::format("{0}r.{1} IS NOT DISTINCT FROM d.{1}", is_different_.empty() ? "" : " AND ", name);
  }
  TR_RETURN_IF_ERROR(connection_->Execute(fmt::format(
      "CREATE OR REPLACE TEMP TABLE different AS SELECT {0} FROM (SELECT {0}, 1 AS tailrace_side FROM {1} UNION ALL SELECT {0}, -1 FROM {2}) "
      "GROUP BY {0} HAVING sum(tailrace_side) <> 0",
      list, ReadOf(new_paths), ReadOf(old_paths))));
  return OneNumber("SELECT count(*) FROM different");
}

Result<int64_t> ParquetFiles::CountDifferent(const std::string& path) {
  return OneNumber(fmt::format("SELECT count(*) FROM {} AS r SEMI JOIN different AS d ON {}", ReadOf({path}), is_different_));
}

Status ParquetFiles::WriteDifferent(const std::vector<std::string>& paths, const std::string& to) {
  return connection_->Execute(fmt::format("COPY (SELECT r.* FROM {} AS r SEMI JOIN different AS d ON {} ORDER BY ALL) TO {} ({})", ReadOf(paths), is_different_,
                                          sql::QuoteLiteral(to), kFileOptions));
}

Status ParquetFiles::WriteSame(const std::string& path, const std::string& to) {
  return connection_->Execute(
      fmt::format("COPY (SELECT r.* FROM {} AS r ANTI JOIN different AS d ON {}) TO {} ({})", ReadOf({path}), is_different_, sql::QuoteLiteral(to), kFileOptions));
}

Result<int64_t> ParquetFiles::OneNumber(const std::string& query) {
  TR_TRY(const sql::TextResult result, connection_->Query(query));
  const std::string text = result.rows.front().front().value_or("0");
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Status ParquetFiles::WriteCheckpoint(const std::string& from, const std::string& to) {
  return connection_->Execute(fmt::format("COPY (SELECT txn, add, remove, metaData, protocol FROM read_json({}, format = 'newline_delimited', "
                                          "columns = {})) TO {} (FORMAT parquet)",
                                          sql::QuoteLiteral(from), kActionColumns, sql::QuoteLiteral(to)));
}

}  // namespace tailrace::lake
