#include "lake/column_type.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "model/json_text.h"
#include "sql/duckdb.h"

namespace tailrace::lake {
namespace {

using Kind = ColumnType::Kind;

constexpr int kDepthMax = 64;

struct PlainType {
  std::string_view duckdb;
  std::string_view file;   // what it is written as
  std::string_view delta;  // DECIMAL's parts are put in
};

constexpr std::array kPlainTypes = {
    PlainType{"BOOLEAN", "BOOLEAN", "boolean"},
    PlainType{"TINYINT", "TINYINT", "byte"},
    PlainType{"SMALLINT", "SMALLINT", "short"},
    PlainType{"INTEGER", "INTEGER", "integer"},
    PlainType{"BIGINT", "BIGINT", "long"},
    PlainType{"UTINYINT", "SMALLINT", "short"},
    PlainType{"USMALLINT", "INTEGER", "integer"},
    PlainType{"UINTEGER", "BIGINT", "long"},
    PlainType{"UBIGINT", "DECIMAL(20,0)", "decimal(20,0)"},
    PlainType{"HUGEINT", "DECIMAL(38,0)", "decimal(38,0)"},
    PlainType{"UHUGEINT", "DECIMAL(38,0)", "decimal(38,0)"},
    PlainType{"FLOAT", "FLOAT", "float"},
    PlainType{"DOUBLE", "DOUBLE", "double"},
    PlainType{"DATE", "DATE", "date"},
    PlainType{"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "timestamp"},
    PlainType{"TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE", "timestamp"},
    PlainType{"TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE", "timestamp"},
    PlainType{"TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "timestamp"},
    PlainType{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "timestamp"},
    PlainType{"BLOB", "BLOB", "binary"},
};
// JSON, UUID, ENUM, TIME, INTERVAL and all else.
constexpr PlainType kText{"VARCHAR", "VARCHAR", "string"};

const PlainType& PlainTypeOf(std::string_view word) {
  for (const PlainType& type : kPlainTypes) {
    if (type.duckdb == word) return type;
  }
  return kText;
}

class TypeParser {
 public:
  explicit TypeParser(std::string_view rest) : rest_(rest) {}

  bool Type(ColumnType* type, int depth) {
    if (depth > kDepthMax || !Base(type, depth)) return false;
    while (Take("[")) {
      while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
      if (!Take("]")) return false;
      ColumnType list;
      list.kind = Kind::kList;
      list.parts.emplace_back("element", std::move(*type));
      *type = std::move(list);
    }
    return true;
  }
  bool Ended() const { return rest_.empty(); }

 private:
  bool Take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool Base(ColumnType* type, int depth) {
    if (Take("STRUCT(")) return Struct(type, depth);
    if (Take("MAP(")) return Map(type, depth);
    if (Take("DECIMAL(")) return Decimal(type);
    if (rest_.starts_with('"')) return Name(&type->word);  // "NULL"
    const size_t end = std::min(rest_.find_first_of("([,)\""), rest_.size());
    type->word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (Take("(")) return SkipArguments();
    return !type->word.empty();
  }

  bool Struct(ColumnType* type, int depth) {
    type->kind = Kind::kStruct;
    do {
      auto& [name, part] = type->parts.emplace_back();
      if (!Name(&name) || !Take(" ") || !Type(&part, depth + 1)) return false;
    } while (Take(", "));
    return Take(")");
  }

  bool Map(ColumnType* type, int depth) {
    type->kind = Kind::kMap;
    type->parts.resize(2);
    return Type(&type->parts[0].second, depth + 1) && Take(", ") && Type(&type->parts[1].second, depth + 1) && Take(")");
  }

  bool Decimal(ColumnType* type) {
    type->word = "DECIMAL";
    return Number(&type->precision) && Take(",") && Number(&type->scale) && Take(")");
  }

  bool Number(int* number) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *number);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }

  bool Name(std::string* name) {
    if (!Take("\"")) {
      const size_t end = std::min(rest_.find(' '), rest_.size());
      *name = rest_.substr(0, end);
      rest_.remove_prefix(end);
      return !name->empty();
    }
    while (!rest_.empty()) {
      if (Take("\"\"")) {
        *name += '"';
      } else if (Take("\"")) {
        return true;
      } else {
        *name += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return false;
  }

  // The values of an ENUM.
  bool SkipArguments() {
    bool quoted = false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\'') quoted = !quoted;
      if (c == ')' && !quoted) return true;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

Result<ColumnType> ParseColumnType(std::string_view text) {
  TypeParser parser(text);
  ColumnType type;
  if (!parser.Type(&type, 0) || !parser.Ended()) return Fail(Error::Internal("no type: " + std::string(text)));
  return type;
}

std::string FileTypeText(const ColumnType& type) {
  switch (type.kind) {
    case Kind::kList: return FileTypeText(type.parts[0].second) + "[]";
    case Kind::kMap: return fmt::format("MAP({}, {})", FileTypeText(type.parts[0].second), FileTypeText(type.parts[1].second));
    case Kind::kStruct: {
      std::string fields;
      for (const auto& [name, part] : type.parts) fields += (fields.empty() ? "" : ", ") + sql::QuoteIdentifier(name) + " " + FileTypeText(part);
      return "STRUCT(" + fields + ")";
    }
    case Kind::kPlain: break;
  }
  if (type.word == "DECIMAL") return fmt::format("DECIMAL({},{})", type.precision, type.scale);
  return std::string(PlainTypeOf(type.word).file);
}

std::string DeltaTypeJson(const ColumnType& type) {
  switch (type.kind) {
    case Kind::kList:
      return fmt::format(R"({{"type":"array","elementType":{},"containsNull":true}})", DeltaTypeJson(type.parts[0].second));
    case Kind::kMap:
      return fmt::format(R"({{"type":"map","keyType":{},"valueType":{},"valueContainsNull":true}})", DeltaTypeJson(type.parts[0].second),
                         DeltaTypeJson(type.parts[1].second));
    case Kind::kStruct: {
      std::string fields;
      for (const auto& [name, part] : type.parts) {
        fields += fields.empty() ? R"({"name":)" : R"(,{"name":)";
        AppendJsonString(name, &fields);
        fields += R"(,"type":)" + DeltaTypeJson(part) + R"(,"nullable":true,"metadata":{}})";
      }
      return R"({"type":"struct","fields":[)" + fields + "]}";
    }
    case Kind::kPlain: break;
  }
  if (type.word == "DECIMAL") return fmt::format("\"decimal({},{})\"", type.precision, type.scale);
  return fmt::format("\"{}\"", PlainTypeOf(type.word).delta);
}

std::string FileColumnList(const std::vector<FileColumn>& columns) {
  std::string list;
  for (const FileColumn& column : columns) {
    const std::string name = sql::QuoteIdentifier(column.name);
    list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", name, FileTypeText(column.type), name);
  }
  return list;
}

}  // namespace tailrace::lake
