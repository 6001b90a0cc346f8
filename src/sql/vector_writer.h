// Writes typed values into DuckDB vectors, nested ones included. Only files of sql/ include this header.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "model/row_sink.h"
#include "model/schema.h"

namespace tailrace::sql {

// One vector; the sink of one value at the place it was last put to. A value of another kind than the vector's is a bug
// of the caller.
class VectorWriter : public ValueSink {
 public:
  // Takes up the vector of a new chunk, or the same one after it has moved in memory.
  virtual void Attach(duckdb_vector vector);

  // The next value goes to this place of the vector.
  void Place(idx_t place) { place_ = place; }

  // Forgets a value that was begun and not ended.
  virtual void Abandon() {}

  void Null() override;
  void Bool(bool) override { Wrong(); }
  void Int(int64_t) override { Wrong(); }
  void Double(double) override { Wrong(); }
  void Decimal(Int128) override { Wrong(); }
  void String(std::string_view) override { Wrong(); }
  void Date(int32_t) override { Wrong(); }
  void Timestamp(int64_t) override { Wrong(); }
  ValueSink& Field(size_t) override { Wrong(); }
  ValueSink& Element() override { Wrong(); }
  ValueSink& Entry(std::string_view) override { Wrong(); }
  void End() override { Wrong(); }

 protected:
  [[noreturn]] static void Wrong();

  // A place may have held the null of an abandoned row.
  void MarkValid() {
    if (validity_ != nullptr) duckdb_validity_set_row_valid(validity_, place_);
  }

  duckdb_vector vector_ = nullptr;
  void* data_ = nullptr;
  uint64_t* validity_ = nullptr;  // made at the first null: vectors without one are read faster
  idx_t place_ = 0;
};

// `bytes` counts what texts and list elements take; it must outlive the writer.
std::unique_ptr<VectorWriter> MakeVectorWriter(const Type& type, size_t* bytes);

}  // namespace tailrace::sql
