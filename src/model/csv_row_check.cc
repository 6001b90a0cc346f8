#include "model/csv_row_check.h"

#include <algorithm>

namespace tailrace {
namespace {

// The name of a column is JSON too: one that is not UTF-8, or has a NUL, makes every row a fault.
bool IsPlain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

CsvRowCheck::CsvRowCheck(const Schema& schema, std::string_view key) : schema_(schema), key_name_(key) {
  const int index = schema_.FieldIndex(key_name_);
  if (index >= 0) key_.emplace(schema_.fields[static_cast<size_t>(index)].type.scale);
}

void CsvRowCheck::SetHeader(const std::vector<std::string>& names) {
  columns_.clear();
  decides_ = true;
  for (const std::string& name : names) {
    Column column;
    const int index = schema_.FieldIndex(name);
    if (index >= 0) {
      const Type& type = schema_.fields[static_cast<size_t>(index)].type;
      column.nullable = type.nullable;
      column.is_key = name == key_name_;
      if (type.is_nested() || type.kind == TypeKind::kJson) decides_ = false;
      else if (type.kind != TypeKind::kString || column.is_key) column.reader.emplace(type);
    } else if (!IsPlain(name)) {
      decides_ = false;
    }
    columns_.push_back(std::move(column));
  }
}

bool CsvRowCheck::Passes(const CsvRow& row) {
  if (!decides_) return false;
  if (key_) key_->Start(nullptr);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!PassesField(row.fields[i], columns_[i])) return false;
  }
  return true;
}

bool CsvRowCheck::PassesField(const CsvField& field, const Column& column) {
  if ((field.classes & (CsvField::kJsonEscaped | CsvField::kHighByte)) != 0) return false;
  if (!column.reader || (column.nullable && field.text.empty())) return true;
  return column.reader->ReadText(field.text, column.is_key ? &*key_ : nullptr);
}

std::optional<std::string_view> CsvRowCheck::key() const { return key_ ? key_->text() : std::nullopt; }

}  // namespace tailrace
