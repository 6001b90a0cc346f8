#include "app/backup_manifest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "app/json_value.h"
#include "base/crc32c.h"
#include "base/file_system.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

constexpr int64_t kFormat = 1;
constexpr int64_t kManifestBytesMax = int64_t{64} << 20;
constexpr size_t kCopyBytes = size_t{1} << 20;

Error SystemError(std::string_view what, const std::string& path) {
  const int code = errno;
  std::string text = fmt::format("cannot {} {}: {}", what, path, std::strerror(code));
  return code == ENOSPC || code == EDQUOT ? Error::Exhausted(std::move(text)) : Error::Unavailable(std::move(text));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  const int value_;
};

Status WriteAll(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Fail(SystemError("write", path));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Reads the first `bytes`, all of it when negative, and hands them to `take`.
Result<BackupFile> ReadChecked(int descriptor, const std::string& path, int64_t bytes, const std::function<Status(std::string_view)>& take) {
  BackupFile file;
  std::vector<char> buffer(kCopyBytes);
  while (bytes < 0 || file.bytes < bytes) {
    const size_t wanted = bytes < 0 ? buffer.size() : std::min<size_t>(buffer.size(), static_cast<size_t>(bytes - file.bytes));
    const ssize_t got = ::pread(descriptor, buffer.data(), wanted, file.bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(SystemError("read", path));
    if (got == 0 && bytes >= 0) return Fail(Error::Corruption(fmt::format("{} ends at byte {} and not at {}", path, file.bytes, bytes)));
    if (got == 0) break;
    const std::string_view piece(buffer.data(), static_cast<size_t>(got));
    file.crc32c = Crc32c(piece, file.crc32c);
    TR_RETURN_IF_ERROR(take(piece));
    file.bytes += got;
  }
  return file;
}

void WriteStreams(server::JsonWriter& json, const BackupSummary& summary) {
  json.Key("streams").BeginArray();
  for (const BackupStream& stream : summary.streams) {
    json.BeginObject().Text("name", stream.name).Key("ends").BeginArray();
    for (const int64_t end : stream.ends) json.Int(end);
    json.EndArray().EndObject();
  }
  json.EndArray();
}

std::string Text(const BackupManifest& manifest) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Int("format", kFormat).Text("version", manifest.summary.version).Text("made", manifest.summary.made);
  WriteStreams(json, manifest.summary);
  json.Key("files").BeginArray();
  for (const BackupFile& file : manifest.files) {
    json.BeginObject().Text("path", file.path).Int("bytes", file.bytes).Int("crc32c", file.crc32c).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace

Result<BackupFile> CopyChecked(int from_descriptor, const std::string& from, const std::string& to, int64_t bytes) {
  const Descriptor copy(to, O_WRONLY | O_CREAT | O_EXCL);
  if (copy.value() < 0) return Fail(SystemError("make", to));
  TR_TRY(const BackupFile file, ReadChecked(from_descriptor, from, bytes, [&](std::string_view piece) { return WriteAll(copy.value(), piece, to); }));
  if (::fsync(copy.value()) != 0) return Fail(SystemError("sync", to));
  return file;
}

Result<BackupFile> CopyChecked(const std::string& from, const std::string& to, int64_t bytes) {
  const Descriptor source(from, O_RDONLY);
  if (source.value() < 0) return Fail(SystemError("open", from));
  return CopyChecked(source.value(), from, to, bytes);
}

Result<BackupFile> Checked(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.value() < 0) return Fail(SystemError("open", path));
  if (::fsync(file.value()) != 0) return Fail(SystemError("sync", path));
  return ReadChecked(file.value(), path, -1, [](std::string_view) { return Status(); });
}

Status WriteManifest(const std::string& folder, const BackupManifest& manifest) {
  const std::string text = Text(manifest);
  return ReplaceFile(PosixFileSystem(), folder + "/" + std::string(kManifestName), text + "\n" + fmt::format("{:08x}\n", Crc32c(text)));
}

Result<BackupManifest> ReadManifest(const std::string& folder) {
  const std::string path = folder + "/" + std::string(kManifestName);
  auto bytes = ReadFile(PosixFileSystem(), path, kManifestBytesMax);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) {
    return Fail(Error::Invalid(fmt::format("{} holds no finished backup: it has no {}", folder, kManifestName)));
  }
  if (!bytes) return Fail(bytes.error());
  const size_t end = bytes->find('\n');
  const std::string text = bytes->substr(0, end);
  if (end == std::string::npos || bytes->substr(end + 1) != fmt::format("{:08x}\n", Crc32c(text))) {
    return Fail(Error::Corruption(path + " is damaged"));
  }
  TR_TRY(const JsonValue json, ParseJson(text));
  if (json.IntOf("format") != kFormat) return Fail(Error::Invalid(fmt::format("{} is of another version of the program", path)));
  BackupManifest manifest;
  manifest.summary.version = json.TextOf("version");
  manifest.summary.made = json.TextOf("made");
  for (const JsonValue& stream : json.Find("streams")->items) {
    BackupStream& read = manifest.summary.streams.emplace_back();
    read.name = stream.TextOf("name");
    for (const JsonValue& offset : stream.Find("ends")->items) read.ends.push_back(offset.Int());
  }
  for (const JsonValue& file : json.Find("files")->items) {
    manifest.files.push_back({std::string(file.TextOf("path")), file.IntOf("bytes"), static_cast<uint32_t>(file.IntOf("crc32c"))});
    manifest.summary.bytes += manifest.files.back().bytes;
  }
  manifest.summary.files = static_cast<int64_t>(manifest.files.size());
  return manifest;
}

std::string ToJson(const BackupSummary& summary) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Text("made", summary.made).Int("files", summary.files).Int("bytes", summary.bytes);
  WriteStreams(json, summary);
  json.EndObject();
  return text;
}

}  // namespace tailrace::app
