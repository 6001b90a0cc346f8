// What is allowed and will cost: hints of `check`, never errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/reading.h"
#include "config/sql_fault.h"

namespace tailrace::config {

// State that grows with the stream: groups for each record, aggregates that keep every value.
void WarnOfTable(const TableSpec& table, const SqlPlace& place, Reading& reading);

// Money in doubles, more fsyncs than a machine likes.
void WarnOfStreams(const Node& root, Reading& reading);

// The first word of `sql` that makes a row of the answer depend on several rows: an aggregate, DISTINCT, ORDER BY and
// the like.
std::optional<std::string> FirstWordAcrossRows(std::string_view sql);

}  // namespace tailrace::config
