#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file_system.h"

namespace tailrace {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

Error SystemError(int code, std::string_view doing, const std::string& path) {
  std::string text = std::string(doing) + " " + path + ": " + std::strerror(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return Error::NotFound(std::move(text));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // as far as the process may write: as good as full, and as passing
    case EMFILE:
    case ENFILE:
      return Error::Exhausted(std::move(text));
    default:
      return Error::Unavailable(std::move(text));
  }
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  int value() const { return value_; }
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

int OpenRetrying(const std::string& path, int flags) {
  while (true) {
    const int fd = open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<size_t> ReadAt(int64_t position, std::span<char> to) override {
    size_t done = 0;
    while (done < to.size()) {
      const ssize_t got = pread(fd_.value(), to.data() + done, to.size() - done, position + static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Fail(SystemError(errno, "read", path_));
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Status WriteAt(int64_t position, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = pwrite(fd_.value(), bytes.data(), bytes.size(), position);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return Fail(SystemError(errno, "write", path_));
      bytes.remove_prefix(static_cast<size_t>(put));
      position += put;
    }
    return {};
  }

  Status Zero(int64_t position, int64_t bytes) override {
    // Written, not allocated: converting allocated but unwritten blocks costs a journal entry for each later sync.
    static const std::array<char, 1 << 18> kZeros{};
    while (bytes > 0) {
      const auto size = static_cast<size_t>(std::min<int64_t>(bytes, std::ssize(kZeros)));
      TR_RETURN_IF_ERROR(WriteAt(position, {kZeros.data(), size}));
      position += static_cast<int64_t>(size);
      bytes -= static_cast<int64_t>(size);
    }
    return {};
  }

  Status Sync() override {
    // Not retried, not even when interrupted: the second call may report success for bytes that the first one lost.
    if (fdatasync(fd_.value()) != 0) return Fail(SystemError(errno, "sync", path_));
    return {};
  }

  Status Truncate(int64_t bytes) override {
    while (ftruncate(fd_.value(), bytes) != 0) {
      if (errno != EINTR) return Fail(SystemError(errno, "truncate", path_));
    }
    return {};
  }

  Result<int64_t> Size() override {
    struct stat info;
    if (fstat(fd_.value(), &info) != 0) return Fail(SystemError(errno, "stat", path_));
    return static_cast<int64_t>(info.st_size);
  }

 private:
  const Descriptor fd_;
  const std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}

 private:
  const Descriptor fd_;
};

class MachineFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead ? O_RDONLY : mode == OpenMode::kWrite ? O_RDWR : O_RDWR | O_CREAT;
    const int fd = OpenRetrying(path, flags);
    if (fd < 0) return Fail(SystemError(errno, "open", path));
    return std::make_unique<PosixFile>(fd, path);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) return Fail(SystemError(errno, "rename", from));
    return {};
  }

  Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return Fail(SystemError(errno, "remove", path));
    return {};
  }

  Result<FileInfo> Stat(const std::string& path) override {
    struct stat info;
    if (stat(path.c_str(), &info) != 0) return Fail(SystemError(errno, "stat", path));
    return FileInfo{static_cast<int64_t>(info.st_size), S_ISDIR(info.st_mode)};
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    DIR* open_directory = opendir(directory.c_str());
    if (open_directory == nullptr) return Fail(SystemError(errno, "list", directory));
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(open_directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    closedir(open_directory);
    if (error != 0) return Fail(SystemError(error, "list", directory));
    std::sort(names.begin(), names.end());
    return names;
  }

  Status MakeDirectory(const std::string& path) override {
    if (mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) return Fail(SystemError(errno, "make the folder", path));
    return {};
  }

  Status SyncDirectory(const std::string& path) override {
    const Descriptor fd(OpenRetrying(path, O_RDONLY | O_DIRECTORY));
    if (fd.value() < 0) return Fail(SystemError(errno, "open", path));
    if (fsync(fd.value()) != 0) return Fail(SystemError(errno, "sync", path));
    return {};
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    Descriptor fd(OpenRetrying(path, O_RDWR | O_CREAT));
    if (fd.value() < 0) return Fail(SystemError(errno, "open", path));
    if (flock(fd.value(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return Fail(Error::Conflict(path + " is held by another process"));
      return Fail(SystemError(errno, "lock", path));
    }
    return std::make_unique<PosixLock>(fd.release());
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static MachineFileSystem files;
  return files;
}

}  // namespace tailrace
