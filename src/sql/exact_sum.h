// Aggregates of ours over exact sums of doubles, for tables that are kept incrementally.
#pragma once

#include "base/result.h"

namespace tailrace::sql {

class Connection;

// Puts into the connection's instance, for all its connections:
//   tailrace_sum_state(DOUBLE), tailrace_moments_state(DOUBLE)  -> BLOB   what is kept of a group's values
//   tailrace_merge(BLOB)                                        -> BLOB   several of these as one
//   tailrace_sum(BLOB), tailrace_avg(BLOB)                      -> DOUBLE
//   tailrace_var_pop(BLOB), tailrace_var_samp(BLOB)             -> DOUBLE   of moments only
// Nulls are skipped; of no values the states and the answers are null. Database::Open calls it; once an instance.
Status RegisterExactSum(Connection& connection);

}  // namespace tailrace::sql
