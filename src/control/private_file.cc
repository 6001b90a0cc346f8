#include "control/private_file.h"

#include <fcntl.h>
#include <unistd.h>

namespace tailrace::control {

Status MakePrivateFile(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return Fail(Error::Unavailable("cannot open " + path));
  close(file);
  return {};
}

}  // namespace tailrace::control
