// The version of DuckDB that the program runs with.
#pragma once

#include <string>

namespace tailrace::sql {

// As DuckDB writes it.
std::string LibraryVersion();

}  // namespace tailrace::sql
