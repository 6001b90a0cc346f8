#include "control/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tailrace::control {

Status MakePrivateFile(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  // Never one that is there: to close it again would let go of the locks that SQLite holds on it in this process, and another process that
  // took itself for the last would remove the write-ahead log below them.
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return errno == EEXIST ? Status() : Fail(Error::Unavailable("cannot make " + path + ": " + std::generic_category().message(errno)));
  close(file);
  return {};
}

}  // namespace tailrace::control
