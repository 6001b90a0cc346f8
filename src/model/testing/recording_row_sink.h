// A row sink that writes what it is given as text, for tests.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "model/row_sink.h"

namespace tailrace {

// One value as text: `int 6`, `string abc`, `{0=int 1 2=null}` for a struct, `[int 1 int 2]` for a list, `<k=int 1>`
// for a map,
// `()` for a nested value without parts.
class RecordedValue final : public ValueSink {
 public:
  const std::string& text() const { return text_; }

  void Null() override;
  void Bool(bool value) override;
  void Int(int64_t value) override;
  void Double(double value) override;
  void Decimal(Int128 unscaled) override;   // without the point
  void String(std::string_view utf8) override;
  void Date(int32_t days) override;
  void Timestamp(int64_t micros) override;
  ValueSink& Field(size_t index) override;
  ValueSink& Element() override;
  ValueSink& Entry(std::string_view key) override;
  void End() override;

 private:
  void Set(std::string text);
  ValueSink& Part(std::string_view brackets, std::string name);

  std::string text_;   // empty until the one call that gives the value
  std::string_view brackets_ = "()";
  std::deque<RecordedValue> parts_;
  std::vector<std::string> names_;
};

// Rows as `0=int 6 1=decimal 2550`, columns by number. Ends the program when the contract of sinks is broken.
// Threads: one.
class RecordingRowSink final : public RowSink {
 public:
  void BeginRow() override;
  ValueSink& Column(size_t field_index) override;
  void CommitRow() override;
  void AbandonRow() override;

  const std::vector<std::string>& rows() const { return rows_; }
  size_t abandoned() const { return abandoned_; }

 private:
  bool open_ = false;
  std::map<size_t, RecordedValue> columns_;
  std::vector<std::string> rows_;
  size_t abandoned_ = 0;
};

}  // namespace tailrace
