#include "sql/library_version.h"

#include <duckdb.h>

namespace tailrace::sql {

std::string LibraryVersion() { return duckdb_library_version(); }

}  // namespace tailrace::sql
