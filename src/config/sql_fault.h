// Mistakes of SQL at their place in the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/reading.h"
#include "sql/syntax.h"

namespace tailrace::config {

// One SQL text of the file. One that is not written (`api: {}`) has no node: its faults are those of its name.
class SqlPlace {
 public:
  // `name` as in Reading::sql.
  SqlPlace(const Reading& reading, std::string_view name);

  void Tell(const sql::SqlError& error, Reading& reading) const;
  void Tell(size_t position, const std::string& message, Reading& reading) const;
  void Warn(size_t position, const std::string& message, Reading& reading) const;

 private:
  size_t Offset(const Reading& reading, size_t position) const;

  const Node* node_ = nullptr;
  const Node* key_ = nullptr;
};

}  // namespace tailrace::config
