#include "model/testing/recording_row_sink.h"

#include "base/check.h"
#include "model/decimal.h"

namespace tailrace {

void RecordedValue::Set(std::string text) {
  TR_CHECK(text_.empty() && parts_.empty());
  text_ = std::move(text);
}

void RecordedValue::Null() { Set("null"); }
void RecordedValue::Bool(bool value) { Set(value ? "bool true" : "bool false"); }
void RecordedValue::Int(int64_t value) { Set("int " + std::to_string(value)); }
void RecordedValue::Double(double value) {
  std::string text = "double ";
  AppendDouble(value, &text);
  Set(std::move(text));
}
void RecordedValue::Decimal(Int128 unscaled) {
  std::string text = "decimal ";
  AppendDecimal(unscaled, 0, &text);
  Set(std::move(text));
}
void RecordedValue::String(std::string_view utf8) { Set("string " + std::string(utf8)); }
void RecordedValue::Date(int32_t days) { Set("date " + std::to_string(days)); }
void RecordedValue::Timestamp(int64_t micros) { Set("timestamp " + std::to_string(micros)); }

ValueSink& RecordedValue::Field(size_t index) { return Part("{}", std::to_string(index) + "="); }
ValueSink& RecordedValue::Element() { return Part("[]", ""); }
ValueSink& RecordedValue::Entry(std::string_view key) { return Part("<>", std::string(key) + "="); }

ValueSink& RecordedValue::Part(std::string_view brackets, std::string name) {
  TR_CHECK(text_.empty() && (parts_.empty() || brackets_ == brackets));
  brackets_ = brackets;
  names_.push_back(std::move(name));
  return parts_.emplace_back();
}

void RecordedValue::End() {
  TR_CHECK(text_.empty());
  std::string text(1, brackets_[0]);
  for (size_t i = 0; i < parts_.size(); ++i) {
    TR_CHECK(!parts_[i].text().empty());
    if (i > 0) text += ' ';
    text += names_[i] + parts_[i].text();
  }
  text_ = text + brackets_[1];
}

void RecordingRowSink::BeginRow() {
  TR_CHECK(!open_);
  open_ = true;
}

ValueSink& RecordingRowSink::Column(size_t field_index) {
  TR_CHECK(open_);
  auto [column, is_new] = columns_.try_emplace(field_index);
  TR_CHECK(is_new);
  return column->second;
}

void RecordingRowSink::CommitRow() {
  TR_CHECK(open_);
  std::string row;
  for (const auto& [index, value] : columns_) {
    TR_CHECK(!value.text().empty());
    if (!row.empty()) row += ' ';
    row += std::to_string(index) + "=" + value.text();
  }
  rows_.push_back(std::move(row));
  columns_.clear();
  open_ = false;
}

void RecordingRowSink::AbandonRow() {
  TR_CHECK(open_);
  columns_.clear();
  open_ = false;
  ++abandoned_;
}

}  // namespace tailrace
