// Where a decoder puts the typed values of records: implemented over DuckDB vectors by sql/, by tests, and by nothing
// on the ingest path, where a record is only checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tailrace {

__extension__ using Int128 = __int128;

// One place for one value. Exactly one call per value; nested values bracket their parts:
//   struct: Field(i) for each present field, in any order, then End(); fields not given become null
//   list:   Element() before each element's value, then End()
//   map:    Entry(key) before each value, then End()
// Threads: one thread. Ownership: references stay valid until the row is committed or abandoned; texts are copied.
class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual void Null() = 0;
  virtual void Bool(bool value) = 0;
  virtual void Int(int64_t value) = 0;
  virtual void Double(double value) = 0;
  virtual void Decimal(Int128 unscaled) = 0;        // times 10^-scale of the declared type
  virtual void String(std::string_view utf8) = 0;   // string and json
  virtual void Date(int32_t days) = 0;              // since 1970-01-01
  virtual void Timestamp(int64_t micros) = 0;       // since 1970-01-01T00:00:00Z
  virtual ValueSink& Field(size_t index) = 0;
  virtual ValueSink& Element() = 0;
  virtual ValueSink& Entry(std::string_view key) = 0;
  virtual void End() = 0;
};

// A row under construction; top-level fields in any order, those not given become null.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void BeginRow() = 0;
  virtual ValueSink& Column(size_t field_index) = 0;  // index into Schema::fields; fields.size() is `_extra`
  virtual void CommitRow() = 0;
  virtual void AbandonRow() = 0;  // leaves no trace of the row begun
};

}  // namespace tailrace
