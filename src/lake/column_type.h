// The types of a table's columns: as DuckDB spells them, as they are written into files, and as Delta Lake names them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::lake {

struct ColumnType {
  enum class Kind { kPlain, kList, kStruct, kMap };
  Kind kind = Kind::kPlain;
  std::string word;    // kPlain: BIGINT, TIMESTAMP WITH TIME ZONE, ...
  int precision = 0;   // of DECIMAL
  int scale = 0;
  std::vector<std::pair<std::string, ColumnType>> parts;  // kList: one; kMap: key and value; kStruct: its fields by name
};

// kInternal: not a type as DuckDB spells it.
Result<ColumnType> ParseColumnType(std::string_view text);

// What a value of the type is cast to before it is written, in DuckDB's spelling. Times become points in time (UTC), as every reader takes
// them; whole numbers of more than 64 bits DECIMAL(38,0), as Parquet has no other exact type for them; what it has no type for is text.
std::string FileTypeText(const ColumnType& type);

// The same as a type of the Delta Lake protocol ("Schema Serialization Format"), as JSON.
std::string DeltaTypeJson(const ColumnType& type);

// `CAST("a" AS BIGINT) AS "a", ...`
struct FileColumn {
  std::string name;
  ColumnType type;
};
std::string FileColumnList(const std::vector<FileColumn>& columns);

}  // namespace tailrace::lake
