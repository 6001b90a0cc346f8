#include "sqlite/library_version.h"

#include <sqlite3.h>

namespace tailrace::sqlite {

std::string LibraryVersion() { return sqlite3_libversion(); }

}  // namespace tailrace::sqlite
