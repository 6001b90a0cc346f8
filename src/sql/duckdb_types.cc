// Types and names in DuckDB's spelling.
#include <fmt/format.h>

#include "sql/duckdb_internal.h"

namespace tailrace::sql {
namespace {

std::string_view ScalarName(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT:
      return "TINYINT";
    case DUCKDB_TYPE_SMALLINT:
      return "SMALLINT";
    case DUCKDB_TYPE_INTEGER:
      return "INTEGER";
    case DUCKDB_TYPE_BIGINT:
      return "BIGINT";
    case DUCKDB_TYPE_UTINYINT:
      return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT:
      return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER:
      return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT:
      return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT:
      return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT:
      return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT:
      return "FLOAT";
    case DUCKDB_TYPE_DOUBLE:
      return "DOUBLE";
    case DUCKDB_TYPE_TIMESTAMP:
      return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S:
      return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_DATE:
      return "DATE";
    case DUCKDB_TYPE_TIME:
      return "TIME";
    case DUCKDB_TYPE_TIME_NS:
      return "TIME_NS";
    case DUCKDB_TYPE_TIME_TZ:
      return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL:
      return "INTERVAL";
    case DUCKDB_TYPE_VARCHAR:
      return "VARCHAR";
    case DUCKDB_TYPE_BLOB:
      return "BLOB";
    case DUCKDB_TYPE_BIT:
      return "BIT";
    case DUCKDB_TYPE_UUID:
      return "UUID";
    case DUCKDB_TYPE_BIGNUM:
      return "BIGNUM";
    case DUCKDB_TYPE_SQLNULL:
      return "\"NULL\"";
    default:
      return "";
  }
}

std::string StructFields(duckdb_logical_type type) {
  std::string text;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    TextHandle name(duckdb_struct_type_child_name(type, i));
    TypeHandle child(duckdb_struct_type_child_type(type, i));
    if (i > 0) text += ", ";
    const bool named = name && *name != '\0';  // the fields of (a, b) are not
    text += (named ? QuoteIdentifier(name.get()) + " " : "") + TypeName(child.get());
  }
  return "STRUCT(" + text + ")";
}

std::string UnionMembers(duckdb_logical_type type) {
  std::string text;
  for (idx_t i = 0; i < duckdb_union_type_member_count(type); ++i) {
    TextHandle name(duckdb_union_type_member_name(type, i));
    TypeHandle member(duckdb_union_type_member_type(type, i));
    if (i > 0) text += ", ";
    text += QuoteIdentifier(name.get()) + " " + TypeName(member.get());
  }
  return "UNION(" + text + ")";
}

std::string EnumValues(duckdb_logical_type type) {
  std::string text;
  for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
    TextHandle value(duckdb_enum_dictionary_value(type, i));
    if (i > 0) text += ", ";
    text += QuoteLiteral(value.get());
  }
  return "ENUM(" + text + ")";
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

std::string TypeName(duckdb_logical_type type) {
  TextHandle alias(duckdb_logical_type_get_alias(type));
  if (alias) return alias.get();  // JSON, above all
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_DECIMAL:
      return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_LIST:
      return TypeName(TypeHandle(duckdb_list_type_child_type(type)).get()) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return fmt::format("{}[{}]", TypeName(TypeHandle(duckdb_array_type_child_type(type)).get()),
                         duckdb_array_type_array_size(type));
    case DUCKDB_TYPE_MAP:
      return fmt::format("MAP({}, {})", TypeName(TypeHandle(duckdb_map_type_key_type(type)).get()),
                         TypeName(TypeHandle(duckdb_map_type_value_type(type)).get()));
    case DUCKDB_TYPE_STRUCT:
      return StructFields(type);
    case DUCKDB_TYPE_UNION:
      return UnionMembers(type);
    case DUCKDB_TYPE_ENUM:
      return EnumValues(type);
    default:
      return std::string(ScalarName(duckdb_get_type_id(type)));
  }
}

std::string SqlType(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInt:
      return "BIGINT";
    case TypeKind::kDouble:
      return "DOUBLE";
    case TypeKind::kDecimal:
      return fmt::format("DECIMAL({},{})", type.width, type.scale);
    case TypeKind::kBool:
      return "BOOLEAN";
    case TypeKind::kString:
      return "VARCHAR";
    case TypeKind::kDate:
      return "DATE";
    case TypeKind::kTimestamp:
      return "TIMESTAMP";
    case TypeKind::kJson:
      return "JSON";
    case TypeKind::kList:
      return SqlType(type.fields.front().type) + "[]";
    case TypeKind::kMap:
      return "MAP(VARCHAR, " + SqlType(type.fields.front().type) + ")";
    case TypeKind::kStruct:
      break;
  }
  std::string fields;
  for (const Field& field : type.fields) {
    if (!fields.empty()) fields += ", ";
    fields += QuoteIdentifier(field.name) + " " + SqlType(field.type);
  }
  return "STRUCT(" + fields + ")";
}

std::vector<ResultColumn> StreamColumns(const Schema& schema, bool with_record) {
  std::vector<ResultColumn> columns;
  for (const Field& field : schema.fields) columns.push_back({field.name, SqlType(field.type)});
  columns.push_back({std::string(kPartitionColumn), "INTEGER"});
  columns.push_back({std::string(kOffsetColumn), "BIGINT"});
  columns.push_back({std::string(kSeqColumn), "BIGINT"});
  columns.push_back({std::string(kIngestedAtColumn), "TIMESTAMP"});
  if (schema.unknown_fields == UnknownFields::kKeep) columns.push_back({std::string(kExtraColumn), "JSON"});
  if (with_record) columns.push_back({std::string(kRecordColumn), "JSON"});
  return columns;
}

std::string QuoteIdentifier(std::string_view name) { return Quoted(name, '"'); }
std::string QuoteLiteral(std::string_view text) { return Quoted(text, '\''); }

}  // namespace tailrace::sql
