// The shape of the layer (a file object with SQLite's own behind it, methods that pass through) is that of https://sqlite.org/vfs.html;
// room at the end of a page is the "reserved space" of https://sqlite.org/fileformat2.html.
#include "sqlite/page_checksums.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "base/crc32c.h"

namespace tailrace::sqlite {
namespace {

constexpr const char* kName = "tailrace";
constexpr int kFileMethodsVersion = 3;
constexpr int kLayerVersion = 2;
// Offsets in the header of a database file.
constexpr int kHeaderBytes = 100;
constexpr int kPageSizeAt = 16;
constexpr int kReservedAt = 20;
constexpr int kPageSizeOfOne = 65536;  // is written as 1
constexpr uint32_t kPageMark = 0x54726331;
constexpr int kNotKnown = -1;

// What SQLite holds for an open file: ours, and behind it the one of the file system below.
struct CheckedFile {
  sqlite3_file base;
  int page_bytes;  // kNotKnown; 0: without checksums
  char* scratch;   // a page on its way to the file; of page_bytes
  int scratch_bytes;
};

CheckedFile* Ours(sqlite3_file* file) { return reinterpret_cast<CheckedFile*>(file); }
sqlite3_file* Below(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(Ours(file) + 1); }
sqlite3_vfs* Below(sqlite3_vfs* layer) { return static_cast<sqlite3_vfs*>(layer->pAppData); }

// Of pages with checksums; 0 where the header sets no room aside for them.
int PageBytesOf(const unsigned char* header) {
  if (header[kReservedAt] != kChecksumBytes) return 0;
  const int bytes = header[kPageSizeAt] << 8 | header[kPageSizeAt + 1];
  return bytes == 1 ? kPageSizeOfOne : bytes;
}

std::array<char, kChecksumBytes> ChecksumOf(const char* page, int page_bytes, sqlite3_int64 offset) {
  const auto number = static_cast<uint32_t>(offset / page_bytes);
  std::array<char, sizeof number> place;
  std::memcpy(place.data(), &number, sizeof number);
  const uint32_t crc =
      Crc32c({page, static_cast<size_t>(page_bytes - kChecksumBytes)}, Crc32c({place.data(), place.size()}));
  std::array<char, kChecksumBytes> checksum;
  std::memcpy(checksum.data(), &crc, sizeof crc);
  std::memcpy(checksum.data() + sizeof crc, &kPageMark, sizeof kPageMark);
  return checksum;
}

// Takes what a file says of its pages out of its header: one that passes by, or else the one that is there.
void LearnPages(sqlite3_file* file, const void* passing, int bytes, sqlite3_int64 offset) {
  CheckedFile& ours = *Ours(file);
  if (offset == 0 && bytes >= kHeaderBytes) {
    ours.page_bytes = PageBytesOf(static_cast<const unsigned char*>(passing));
  } else if (ours.page_bytes == kNotKnown) {
    std::array<unsigned char, kHeaderBytes> header;
    const int code = Below(file)->pMethods->xRead(Below(file), header.data(), kHeaderBytes, 0);
    if (code == SQLITE_OK) ours.page_bytes = PageBytesOf(header.data());
  }
}

bool IsWholePage(const CheckedFile& file, int bytes, sqlite3_int64 offset) {
  return bytes == file.page_bytes && offset % bytes == 0;
}

// A page that was never written is zeros; SQLite takes such a one for no page of a tree.
bool IsBlank(const char* page, int bytes) {
  return std::all_of(page, page + bytes, [](char c) { return c == 0; });
}

int Read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
  const int code = Below(file)->pMethods->xRead(Below(file), to, bytes, offset);
  if (code != SQLITE_OK) return code;
  LearnPages(file, to, bytes, offset);
  if (!IsWholePage(*Ours(file), bytes, offset)) return SQLITE_OK;
  const auto* page = static_cast<const char*>(to);
  const auto checksum = ChecksumOf(page, bytes, offset);
  if (std::memcmp(page + bytes - kChecksumBytes, checksum.data(), checksum.size()) == 0 || IsBlank(page, bytes)) return SQLITE_OK;
  return SQLITE_IOERR_DATA;
}

int Write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
  LearnPages(file, from, bytes, offset);
  CheckedFile& ours = *Ours(file);
  if (IsWholePage(ours, bytes, offset)) {
    if (ours.scratch_bytes != bytes) {
      delete[] ours.scratch;
      ours.scratch = new (std::nothrow) char[static_cast<size_t>(bytes)];
      ours.scratch_bytes = ours.scratch == nullptr ? 0 : bytes;
      if (ours.scratch == nullptr) return SQLITE_IOERR_NOMEM;
    }
    // SQLite's own copy of the page is not ours to change.
    std::memcpy(ours.scratch, from, static_cast<size_t>(bytes));
    const auto checksum = ChecksumOf(ours.scratch, bytes, offset);
    std::memcpy(ours.scratch + bytes - kChecksumBytes, checksum.data(), checksum.size());
    from = ours.scratch;
  }
  return Below(file)->pMethods->xWrite(Below(file), from, bytes, offset);
}

int Close(sqlite3_file* file) {
  delete[] Ours(file)->scratch;
  Ours(file)->scratch = nullptr;
  return Below(file)->pMethods->xClose(Below(file));
}

// No memory map: what is read through it would not be checked.
int Fetch(sqlite3_file*, sqlite3_int64, int, void** page) {
  *page = nullptr;
  return SQLITE_OK;
}
int Unfetch(sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; }

// A method that does what the one below does.
template <auto Method>
struct PassOn;
template <typename R, typename... Args, R (*sqlite3_io_methods::*Method)(sqlite3_file*, Args...)>
struct PassOn<Method> {
  static R Call(sqlite3_file* file, Args... args) { return (Below(file)->pMethods->*Method)(Below(file), args...); }
};
template <typename R, typename... Args, R (*sqlite3_vfs::*Method)(sqlite3_vfs*, Args...)>
struct PassOn<Method> {
  static R Call(sqlite3_vfs* layer, Args... args) { return (Below(layer)->*Method)(Below(layer), args...); }
};

sqlite3_io_methods FileMethods() {
  using Methods = sqlite3_io_methods;
  Methods methods{};
  methods.iVersion = kFileMethodsVersion;
  methods.xClose = Close;
  methods.xRead = Read;
  methods.xWrite = Write;
  methods.xTruncate = PassOn<&Methods::xTruncate>::Call;
  methods.xSync = PassOn<&Methods::xSync>::Call;
  methods.xFileSize = PassOn<&Methods::xFileSize>::Call;
  methods.xLock = PassOn<&Methods::xLock>::Call;
  methods.xUnlock = PassOn<&Methods::xUnlock>::Call;
  methods.xCheckReservedLock = PassOn<&Methods::xCheckReservedLock>::Call;
  methods.xFileControl = PassOn<&Methods::xFileControl>::Call;
  methods.xSectorSize = PassOn<&Methods::xSectorSize>::Call;
  methods.xDeviceCharacteristics = PassOn<&Methods::xDeviceCharacteristics>::Call;
  methods.xShmMap = PassOn<&Methods::xShmMap>::Call;
  methods.xShmLock = PassOn<&Methods::xShmLock>::Call;
  methods.xShmBarrier = PassOn<&Methods::xShmBarrier>::Call;
  methods.xShmUnmap = PassOn<&Methods::xShmUnmap>::Call;
  methods.xFetch = Fetch;
  methods.xUnfetch = Unfetch;
  return methods;
}

const sqlite3_io_methods kFileMethods = FileMethods();

int Open(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags, int* flags_got) {
  sqlite3_vfs* const below = Below(layer);
  // Logs and temporary files live their lives below.
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return below->xOpen(below, name, file, flags, flags_got);
  new (file) CheckedFile{{}, kNotKnown, nullptr, 0};
  const int code = below->xOpen(below, name, Below(file), flags, flags_got);
  if (code == SQLITE_OK) file->pMethods = &kFileMethods;
  return code;
}

sqlite3_vfs LayerOver(sqlite3_vfs* below) {
  sqlite3_vfs layer{};
  layer.iVersion = kLayerVersion;
  layer.szOsFile = static_cast<int>(sizeof(CheckedFile)) + below->szOsFile;
  layer.mxPathname = below->mxPathname;
  layer.zName = kName;
  layer.pAppData = below;
  layer.xOpen = Open;
  layer.xDelete = PassOn<&sqlite3_vfs::xDelete>::Call;
  layer.xAccess = PassOn<&sqlite3_vfs::xAccess>::Call;
  layer.xFullPathname = PassOn<&sqlite3_vfs::xFullPathname>::Call;
  layer.xRandomness = PassOn<&sqlite3_vfs::xRandomness>::Call;
  layer.xSleep = PassOn<&sqlite3_vfs::xSleep>::Call;
  layer.xCurrentTime = PassOn<&sqlite3_vfs::xCurrentTime>::Call;
  layer.xGetLastError = PassOn<&sqlite3_vfs::xGetLastError>::Call;
  layer.xCurrentTimeInt64 = PassOn<&sqlite3_vfs::xCurrentTimeInt64>::Call;
  return layer;
}

Result<const char*> Register() {
  sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
  if (below == nullptr) return Fail(Error::Internal("sqlite has no file system"));
  static sqlite3_vfs layer = LayerOver(below);
  if (sqlite3_vfs_register(&layer, /*makeDflt=*/0) != SQLITE_OK) return Fail(Error::Internal("sqlite takes no layer over its file system"));
  return kName;
}

}  // namespace

Result<const char*> CheckedFileSystem() {
  static const Result<const char*> registered = Register();
  return registered;
}

void KeepRoomForChecksums(sqlite3* connection) {
  int bytes = kChecksumBytes;
  // Of no effect on a file that has pages, and so never an error that matters.
  (void)sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

}  // namespace tailrace::sqlite
