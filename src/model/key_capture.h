// A sink that keeps the canonical text of one scalar, and hands the value on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/decimal.h"
#include "model/row_sink.h"
#include "model/times.h"

namespace tailrace {

// The text by which keys are compared and hashed: ints and decimals as their digits (all of the scale's), doubles in
// their shortest form, times as RFC 3339, dates as YYYY-MM-DD, booleans as true and false, strings as they are.
// Threads: one.
class KeyCapture final : public ValueSink {
 public:
  explicit KeyCapture(int decimal_scale) : scale_(decimal_scale) {}

  // Forgets the last value; values go on to `next` unless it is null.
  void Start(ValueSink* next) {
    next_ = next;
    has_value_ = false;
    text_.clear();
  }

  std::optional<std::string_view> text() const {
    if (!has_value_) return std::nullopt;
    return text_;
  }

  void Null() override {
    if (next_) next_->Null();
  }
  void Bool(bool value) override {
    Keep() = value ? "true" : "false";
    if (next_) next_->Bool(value);
  }
  void Int(int64_t value) override {
    Keep() = std::to_string(value);
    if (next_) next_->Int(value);
  }
  void Double(double value) override {
    AppendDouble(value, &Keep());
    if (next_) next_->Double(value);
  }
  void Decimal(Int128 unscaled) override {
    AppendDecimal(unscaled, scale_, &Keep());
    if (next_) next_->Decimal(unscaled);
  }
  void String(std::string_view utf8) override {
    Keep() = utf8;
    if (next_) next_->String(utf8);
  }
  void Date(int32_t days) override {
    AppendIsoDate(days, &Keep());
    if (next_) next_->Date(days);
  }
  void Timestamp(int64_t micros) override {
    AppendRfc3339(micros, &Keep());
    if (next_) next_->Timestamp(micros);
  }
  ValueSink& Field(size_t) override { return NotAScalar(); }
  ValueSink& Element() override { return NotAScalar(); }
  ValueSink& Entry(std::string_view) override { return NotAScalar(); }
  void End() override { NotAScalar(); }

 private:
  std::string& Keep() {
    has_value_ = true;
    return text_;
  }
  ValueSink& NotAScalar() {
    TR_CHECK(false && "a key is a scalar");
    return *this;
  }

  int scale_;
  ValueSink* next_ = nullptr;
  bool has_value_ = false;
  std::string text_;
};

}  // namespace tailrace
