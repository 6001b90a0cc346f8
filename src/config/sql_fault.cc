#include "config/sql_fault.h"

#include "config/quote_traps.h"
#include "config/scalar_origin.h"
#include "config/sql_messages.h"
#include "config/substitution.h"

namespace tailrace::config {

SqlPlace::SqlPlace(const Reading& reading, std::string_view name) {
  const auto found = reading.sql.find(name);
  if (found == reading.sql.end()) return;
  node_ = found->second.node;
  key_ = found->second.key;
}

size_t SqlPlace::Offset(const Reading& reading, size_t position) const {
  if (node_ == nullptr) return key_ == nullptr ? 0 : key_->begin;
  return ScalarOrigin(*node_, reading.report.source()).FileOffset(position);
}

void SqlPlace::Tell(const sql::SqlError& error, Reading& reading) const {
  Tell(error.position.value_or(0), error.message, reading);
}

void SqlPlace::Tell(size_t position, const std::string& message, Reading& reading) const {
  std::string text = ExplainSqlError(message);
  if (node_ != nullptr) text = WithoutValues(std::move(text), *node_);
  if (node_ != nullptr && IsCutByComment(*node_, reading.report.source())) {
    text += " (\" #\" begins a comment in YAML and cuts this SQL: quote it if it is part of it)";
  }
  reading.report.Error(Offset(reading, position), text);
}

void SqlPlace::Warn(size_t position, const std::string& message, Reading& reading) const {
  reading.report.Warning(Offset(reading, position), message);
}

}  // namespace tailrace::config
