// The answers of queries as text, row by row, bounded in bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/warehouse.h"

namespace tailrace::server {

// Appends each row to a text, in one of the forms below. Threads: one.
class TextSink : public ResultSink {
 public:
  explicit TextSink(size_t bytes_max) : bytes_max_(bytes_max) {}

  const std::string& text() const { return text_; }
  const std::string& columns_json() const { return columns_json_; }  // [{"name","type"},...]
  bool is_over() const { return is_over_; }                          // it grew larger than it may

  bool Begin(std::span<const ColumnInfo> columns) override;
  bool Row(std::span<const std::string_view> json_values) override;

 protected:
  virtual void AppendHeader(std::span<const ColumnInfo>, std::string&) {}
  virtual void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) = 0;

 private:
  const size_t bytes_max_;
  std::string text_;
  std::string columns_json_;
  bool first_ = true;
  bool is_over_ = false;
};

// [v,v],[v,v]
class RowArraysSink final : public TextSink {
 public:
  using TextSink::TextSink;

 private:
  void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) override;
};

// {"column":v},{"column":v}
class RowObjectsSink final : public TextSink {
 public:
  using TextSink::TextSink;

 private:
  void AppendHeader(std::span<const ColumnInfo> columns, std::string& out) override;
  void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) override;

  std::vector<std::string> prefixes_;  // `{"a":`, `,"b":`
};

// {"value":v,"label":v},... of the first two columns; the label of one column is its value.
class ChoicesSink final : public TextSink {
 public:
  using TextSink::TextSink;

 private:
  void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) override;
};

// RFC 4180, with a header; null is an empty field, an empty text is "".
class CsvSink final : public TextSink {
 public:
  using TextSink::TextSink;

 private:
  void AppendHeader(std::span<const ColumnInfo> columns, std::string& out) override;
  void AppendRow(std::span<const std::string_view> json_values, bool first, std::string& out) override;

  std::string scratch_;
};

}  // namespace tailrace::server
