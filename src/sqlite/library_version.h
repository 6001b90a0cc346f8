// The version of SQLite that the program runs with.
#pragma once

#include <string>

namespace tailrace::sqlite {

// As SQLite writes it.
std::string LibraryVersion();

}  // namespace tailrace::sqlite
