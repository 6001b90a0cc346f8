#include "app/data_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/file_system.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayoutVersion = "1";
// Not control.sqlite: who forgets the data has not said that its doors should stand open.
constexpr std::array kKept = {"log", "dlq", "lake", "polls", "warehouse.duckdb", "warehouse.duckdb.wal", "documents.sqlite",
                              "documents.sqlite-wal", "documents.sqlite-shm", "tmp", "definitions.json",
                              "FORMAT"};

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  return text;
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Durable before anything else is: after a power cut, an empty FORMAT over a full log would refuse all of it.
Status WriteLayout(const std::string& path) {
  return ReplaceFile(PosixFileSystem(), path + "/FORMAT", fmt::format("{}\n", kLayoutVersion));
}

Status CheckLayout(const std::string& path) {
  const fs::path format = fs::path(path) / "FORMAT";
  if (!fs::exists(format)) return WriteLayout(path);
  const std::string found = ReadText(format);
  if (found == kLayoutVersion) return {};
  if (found == kRestoring) {
    return Fail(Error::Invalid(fmt::format("{} holds an unfinished restore: empty it and run `tailrace restore` again", path)));
  }
  if (!IsNumber(found)) {
    return Fail(Error::Corruption(fmt::format("{} is damaged: it should hold {}, the number of the layout", format.string(),
                                              kLayoutVersion)));
  }
  return Fail(Error::Invalid(fmt::format("{} has layout \"{}\", this program knows {}: use the version that made it", path,
                                         found, kLayoutVersion)));
}

Result<int> TakeLock(const std::string& path) {
  const std::string lock = path + "/LOCK";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Fail(Error::Unavailable(fmt::format("cannot open {}: {}", lock, std::strerror(errno))));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Fail(Error::Conflict(fmt::format("{} is in use by process {}", path, ReadText(lock))));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    ::close(fd);
    return Fail(Error::Unavailable(fmt::format("cannot write {}: {}", lock, std::strerror(errno))));
  }
  return fd;
}

}  // namespace

Result<DataDirectory> DataDirectory::Open(const std::string& path) {
  TR_RETURN_IF_ERROR(MakeDirectories(PosixFileSystem(), path));
  TR_TRY(const int fd, TakeLock(path));
  DataDirectory directory(path, fd);
  TR_RETURN_IF_ERROR(CheckLayout(path));
  return directory;
}

DataDirectory::DataDirectory(DataDirectory&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDirectory& DataDirectory::operator=(DataDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_fd_, other.lock_fd_);
  return *this;
}

DataDirectory::~DataDirectory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

std::string DataDirectory::Join(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

Status EraseData(const std::string& path) {
  if (!fs::exists(path)) return {};
  TR_TRY(const auto held, DataDirectory::Open(path));
  for (const char* name : kKept) {
    std::error_code failed;
    fs::remove_all(fs::path(path) / name, failed);
    if (failed) return Fail(Error::Unavailable(fmt::format("cannot remove {}/{}: {}", path, name, failed.message())));
  }
  return {};
}

}  // namespace tailrace::app
