// What the records of a stream look like. Values only: built by config/, compiled by RecordDecoder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace {

enum class TypeKind { kInt, kDouble, kDecimal, kBool, kString, kDate, kTimestamp, kJson, kStruct, kList, kMap };

enum class TimeUnit { kNone, kSeconds, kMillis, kMicros };  // kNone: text, by `format` or RFC 3339

struct Field;

// A type as written in the pipeline file, for example `decimal(12,2)?`.
struct Type {
  TypeKind kind = TypeKind::kString;
  bool nullable = false;      // `?`: may be null or absent
  uint8_t width = 0;          // kDecimal: digits in all, 1 to 38
  uint8_t scale = 0;          // kDecimal: digits after the point
  TimeUnit unit = TimeUnit::kNone;  // kTimestamp as an epoch number
  std::string format;         // kDate, kTimestamp: strptime format; empty is RFC 3339
  std::vector<Field> fields;  // kStruct: its fields; kList: one, the element; kMap: one, the value (keys are strings)

  bool is_nested() const { return kind == TypeKind::kStruct || kind == TypeKind::kList || kind == TypeKind::kMap; }
  bool operator==(const Type&) const;
};

struct Field {
  std::string name;
  Type type;
  bool operator==(const Field&) const = default;
};

enum class UnknownFields { kReject, kDrop, kKeep };  // kKeep: in the JSON column `_extra`

struct Schema {
  std::vector<Field> fields;
  UnknownFields unknown_fields = UnknownFields::kReject;
  int FieldIndex(std::string_view name) const;  // -1 when there is none
  bool operator==(const Schema&) const = default;
};

// `decimal(12,2)?`, `timestamp(%Y)`, ...: the scalar spellings of a type. False and `error` set when wrong.
bool ParseScalarType(std::string_view text, Type* type, std::string* error);

// The canonical spelling, for messages, `GET /streams/{s}` and fingerprints: `decimal(12,3)?`, `{a: int, b: [string]}`,
// `{"*": double}`.
std::string TypeText(const Type& type);

// A short name for "expected ..." in faults: "int", "decimal(12,3)", "timestamp", "list", ...
std::string TypeExpectation(const Type& type);

// The whole schema in one canonical text: equal for equal schemas, different for different ones. Stored as part of
// fingerprints, so it must not change from version to version.
std::string SchemaText(const Schema& schema);

}  // namespace tailrace
