// Sinks for whom it is enough that values can be taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/row_sink.h"

namespace tailrace::testing {

// Takes any value.
class AnySink final : public ValueSink {
 public:
  void Null() override {}
  void Bool(bool) override {}
  void Int(int64_t) override {}
  void Double(double) override {}
  void Decimal(Int128) override {}
  void String(std::string_view) override {}
  void Date(int32_t) override {}
  void Timestamp(int64_t) override {}
  ValueSink& Field(size_t) override { return *this; }
  ValueSink& Element() override { return *this; }
  ValueSink& Entry(std::string_view) override { return *this; }
  void End() override {}
};

// Takes any row, and keeps none.
class AnyRowSink final : public RowSink {
 public:
  void BeginRow() override {}
  ValueSink& Column(size_t) override { return values_; }
  void CommitRow() override {}
  void AbandonRow() override {}

 private:
  AnySink values_;
};

}  // namespace tailrace::testing
