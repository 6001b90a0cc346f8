// Which record of a batch each row of a SELECT was made from.
#pragma once

#include <string>
#include <string_view>

#include "sql/syntax.h"

namespace tailrace::sql {

// The SELECT with one column more, of this name, taken from `relation` through subqueries and CTEs. Refuses a SELECT
// whose rows are not each of one record: GROUP BY, aggregates without it, DISTINCT, set operations.
SqlResult<std::string> WithMarkerColumn(const Select& select, std::string_view relation, std::string_view column);

// As WithMarkerColumn, and of a SELECT that aggregates: a last column with the list of the records that have a part in the
// group, its HAVING aside.
SqlResult<std::string> RecordsOf(const Select& select, std::string_view relation, std::string_view column);

}  // namespace tailrace::sql
