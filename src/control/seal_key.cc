#include "control/seal_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "control/key_store.h"
#include "crypto/digest.h"
#include "crypto/seal.h"

namespace tailrace::control {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr size_t kNameBytes = 8;

Error Unwritable(const std::string& path) { return Error::Unavailable("cannot write " + path + ": " + std::strerror(errno)); }

Status WriteSynced(const std::string& path, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return Fail(Unwritable(path));
  const bool done = write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(file) == 0;
  close(file);
  if (!done) return Fail(Unwritable(path));
  return {};
}

Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = file >= 0 && fsync(file) == 0;
  if (file >= 0) close(file);
  if (!done) return Fail(Unwritable(folder));
  return {};
}

// Under a name of its own first, so that nobody sees half of it.
Status Make(const std::string& path) {
  TR_TRY(const std::string name, crypto::RandomBytes(kNameBytes));
  TR_TRY(std::string key, crypto::RandomBytes(crypto::kSealKeyBytes));
  const std::string draft = path + "." + crypto::HexText(name);
  const Status written = WriteSynced(draft, key);
  crypto::Wipe(key);
  const bool linked = written && link(draft.c_str(), path.c_str()) == 0;
  const bool is_there = linked || (written && errno == EEXIST);
  unlink(draft.c_str());
  if (!written) return written;
  if (!is_there) return Fail(Unwritable(path));
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

}  // namespace

std::string SealKeyPath(const std::string& control_path) {
  return (std::filesystem::absolute(control_path).parent_path() / kSealKeyFile).string();
}

Result<std::string> ReadSealKey(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Fail(Error::NotFound("there is no " + path));
  std::string key{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (key.size() != crypto::kSealKeyBytes) return Fail(Error::Corruption(path + " is not " + std::to_string(crypto::kSealKeyBytes) + " bytes long"));
  return key;
}

Result<std::string> SealKeyBeside(const std::string& control_path) {
  const std::string path = SealKeyPath(control_path);
  if (!std::filesystem::exists(path)) TR_RETURN_IF_ERROR(Make(path));
  return ReadSealKey(path);
}

}  // namespace tailrace::control
