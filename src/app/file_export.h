// The answer of a query as files: Parquet, CSV or JSONL, put in place at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/file_export.h"
#include "ports/warehouse.h"

namespace tailrace::app {

enum class ExportFormat { kParquet, kCsv, kJsonl };

// By the ending of a path: .parquet, .csv, .jsonl or .ndjson.
std::optional<ExportFormat> ExportFormatOf(std::string_view path);

struct ExportJob {
  std::string sql;   // one SELECT
  bool trusted = false;     // it comes from the pipeline file, and is not put through the gate
  int64_t now_micros = 0;   // what now() answers
  std::string to;           // absolute: a file; with `partition_by` a folder
  ExportFormat format = ExportFormat::kParquet;
  std::vector<std::string> partition_by;  // columns: a folder NAME=VALUE for each of their values
};

// Ownership: borrows both. `staging` is below what the exporter may write to.
struct ExportServices {
  Warehouse& warehouse;
  FileExporter& exporter;
  std::string staging;
};

// Rows written. What was at `to` before is there until the new takes its place whole, and stays after an error, a stop or a kill; then the same
// call again does all of it. In CSV and JSONL values are written as the HTTP answers have them; in Parquet as docs/formats/lake.md says.
// Threads: any. Errors: those of Warehouse::Query; kInvalid = `to` cannot be such a file or folder.
Result<int64_t> ExportFiles(const ExportServices& services, const ExportJob& job, const std::stop_token& stop);

// What every column of a query is cast to where it leaves as Parquet or Arrow (lake::FileTypeText); a SelectList.
Result<std::string> FileTypesOf(std::span<const ColumnInfo> columns);

// `SELECT * FROM "name"`.
std::string SelectAllOf(std::string_view relation);

}  // namespace tailrace::app
