// A checksum in every page of a database file, which SQLite itself has not: a bit that turned over is an error, not another answer.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace tailrace::sqlite {

// At the end of a page: four bytes of CRC32C (Castagnoli) over the page's number, little-endian, and all before them, then kPageMark.
inline constexpr int kChecksumBytes = 8;

// The name of a layer over SQLite's file system, for sqlite3_open_v2: pages are checked as they are read from the database file, and get
// their checksum as they are written to it. What is in the write-ahead log has SQLite's own checksums, and gets ours on its way into the
// file. A file without room for checksums in its pages is read and written as it is. Read by no memory map.
//
// A page that is not what was written is SQLITE_IOERR_DATA. kInternal: SQLite does not take the layer.
// Threads: from any; registered once.
Result<const char*> CheckedFileSystem();

// Sets room for checksums aside in each page of a database that has none yet. Before the first statement.
void KeepRoomForChecksums(sqlite3* connection);

}  // namespace tailrace::sqlite
