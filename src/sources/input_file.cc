#include "sources/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/crc32c.h"

namespace tailrace {
namespace {

Error SystemError(const std::string& path, const char* what, int error) {
  std::string message = fmt::format("{}: {}: {}", path, what, std::strerror(error));
  return error == ENOENT ? Error::NotFound(std::move(message)) : Error::Unavailable(std::move(message));
}

InputFileState StateOf(const struct statx& info) {
  InputFileState state;
  state.bytes = static_cast<int64_t>(info.stx_size);
  if ((info.stx_mask & STATX_BTIME) != 0) {
    state.identity = fmt::format("{}-{}.{:09}", info.stx_ino, info.stx_btime.tv_sec, info.stx_btime.tv_nsec);
  } else {
    state.identity = fmt::format("{}@{}:{}", info.stx_ino, info.stx_dev_major, info.stx_dev_minor);
  }
  return state;
}

constexpr unsigned kWanted = STATX_TYPE | STATX_INO | STATX_SIZE | STATX_BTIME;

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Fail(SystemError(path, "cannot be opened", errno));
  auto file = std::unique_ptr<InputFile>(new InputFile(path, descriptor));
  TR_RETURN_IF_ERROR(file->State());
  return file;
}

InputFile::~InputFile() { ::close(descriptor_); }

Result<InputFileState> InputFile::State() const {
  struct statx info {};
  if (::statx(descriptor_, "", AT_EMPTY_PATH, kWanted, &info) != 0)
    return Fail(SystemError(path_, "has no state", errno));
  if (!S_ISREG(info.stx_mode)) return Fail(Error::Invalid(path_ + " is no plain file"));
  return StateOf(info);
}

Result<size_t> InputFile::ReadAt(int64_t place, char* to, size_t bytes) const {
  size_t done = 0;
  while (done < bytes) {
    ssize_t read = ::pread(descriptor_, to + done, bytes - done, place + static_cast<int64_t>(done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return Fail(SystemError(path_, "cannot be read", errno));
    if (read == 0) break;
    done += static_cast<size_t>(read);
  }
  return done;
}

Result<std::optional<uint32_t>> InputFile::HeadDigest(size_t bytes) const {
  char head[kHeadBytesMax];
  bytes = std::min(bytes, kHeadBytesMax);
  TR_TRY(size_t read, ReadAt(0, head, bytes));
  if (read < bytes) return std::nullopt;
  return Crc32c({head, bytes});
}

Result<std::optional<InputFileState>> StatInputFile(const std::string& path) {
  struct statx info {};
  if (::statx(AT_FDCWD, path.c_str(), 0, kWanted, &info) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return Fail(SystemError(path, "has no state", errno));
  }
  if (!S_ISREG(info.stx_mode)) return std::nullopt;
  return StateOf(info);
}

Result<FileHead> FileHead::Of(const InputFile& file) {
  TR_TRY(InputFileState state, file.State());
  FileHead head;
  head.bytes = std::min(kHeadBytesMax, static_cast<size_t>(state.bytes));
  TR_TRY(std::optional<uint32_t> digest, file.HeadDigest(head.bytes));
  head.digest = digest.value_or(0);
  return head;
}

std::string FileHead::Text() const { return fmt::format("{}:{:08x}", bytes, digest); }

std::optional<FileHead> FileHead::Parse(const std::string& text) {
  FileHead head;
  const char* end = text.data() + text.size();
  auto length = std::from_chars(text.data(), end, head.bytes);
  if (length.ec != std::errc() || length.ptr == end || *length.ptr != ':') return std::nullopt;
  auto digest = std::from_chars(length.ptr + 1, end, head.digest, 16);
  if (digest.ec != std::errc() || digest.ptr != end) return std::nullopt;
  return head;
}

Status FileHead::Check(const InputFile& file) const {
  TR_TRY(std::optional<uint32_t> now, file.HeadDigest(bytes));
  if (now == digest) return {};
  return Fail(Error::Conflict(file.path() +
                              " no longer begins as it did when it was read: it was written anew in place. Put changed "
                              "content into a new file"));
}

}  // namespace tailrace
