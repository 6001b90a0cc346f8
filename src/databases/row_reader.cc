#include "databases/row_reader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/crc32c.h"

namespace tailrace {

std::string RelationOf(const Database& database, const DatabaseTable& table) {
  if (table.sql.empty()) return QuoteTable(database, table.table);
  return "(" + table.sql + "\n) AS tailrace_rows";
}

std::string ItemOf(const DatabaseTable& table) {
  return table.sql.empty() ? "table " + table.table : fmt::format("query {:08x}", Crc32c(table.sql));
}

std::string SelectList(const Database& database, const std::vector<DatabaseColumn>& columns) {
  std::string list;
  for (const DatabaseColumn& column : columns) list += (list.empty() ? "" : ", ") + database.Expression(column);
  return list;
}

bool WaitUntil(Clock& clock, std::chrono::steady_clock::time_point due, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    auto left = due - clock.Monotonic();
    if (left <= left.zero()) return true;
    never.wait_for(lock, stop, left, [] { return false; });
  }
  return false;
}

}  // namespace tailrace
