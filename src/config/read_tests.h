// The `tests:` of the file, with plain scalars read by the types of the columns they belong to.
#pragma once

#include "config/reading.h"
#include "config/sql_check.h"

namespace tailrace::config {

// `columns` tells the types; what is not in it keeps the look of its scalars.
void ReadTests(const Node& root, const SqlColumns& columns, Reading& reading);

}  // namespace tailrace::config
