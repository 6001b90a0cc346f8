#include "app/data_sizes.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's own are

constexpr std::array<std::string_view, 7> kParts = {"log", "dead letters", "warehouse", "documents", "lake", "keys and runs", "other"};

std::string_view PartOf(std::string_view name) {
  if (name == "log") return "log";
  if (name == "dlq") return "dead letters";
  if (name == "lake") return "lake";
  if (name.starts_with("warehouse.duckdb")) return "warehouse";
  if (name.starts_with("documents.sqlite")) return "documents";
  if (name.starts_with("control.sqlite")) return "keys and runs";
  return "other";
}

class Measure {
 public:
  explicit Measure(const std::stop_token& stop) : stop_(stop) {}

  Result<DataSizes> Of(const std::string& folder) {
    DataSizes sizes;
    struct statvfs disk = {};
    if (::statvfs(folder.c_str(), &disk) != 0) return Fail(Error::Unavailable("the data folder cannot be read"));
    sizes.disk_free = static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
    sizes.disk_size = static_cast<int64_t>(disk.f_blocks) * static_cast<int64_t>(disk.f_frsize);
    std::map<std::string_view, int64_t> parts;
    std::map<std::string, StreamSize> streams;
    for (const fs::path& entry : EntriesOf(folder)) {
      const std::string name = entry.filename().string();
      if (name != "log" && name != "dlq") {
        parts[PartOf(name)] += BytesOf(entry);
        continue;
      }
      for (const fs::path& stream : EntriesOf(entry)) {
        const int64_t bytes = BytesOf(stream);
        StreamSize& size = streams[stream.filename().string()];
        (name == "log" ? size.log_bytes : size.letter_bytes) += bytes;
        parts[PartOf(name)] += bytes;
      }
    }
    if (stop_.stop_requested()) return Fail(Error::Cancelled("stopped"));
    for (const std::string_view part : kParts) sizes.parts.emplace_back(part, parts[part]);
    for (auto& [name, size] : streams) {
      size.name = name;
      sizes.streams.push_back(std::move(size));
    }
    sizes.cut = files_ >= kFilesMeasuredMax;
    return sizes;
  }

 private:
  static std::vector<fs::path> EntriesOf(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code failed;
    for (fs::directory_iterator at(folder, fs::directory_options::skip_permission_denied, failed), end; !failed && at != end; at.increment(failed)) {
      entries.push_back(at->path());
    }
    return entries;
  }

  bool IsOver() const { return stop_.stop_requested() || files_ >= kFilesMeasuredMax; }

  // Of a file, or of all files below a folder; what is gone by now is nothing.
  int64_t BytesOf(const fs::path& path) {
    struct stat file = {};
    if (IsOver() || ::lstat(path.c_str(), &file) != 0) return 0;
    ++files_;
    int64_t bytes = static_cast<int64_t>(file.st_blocks) * kBlockBytes;
    if (!S_ISDIR(file.st_mode)) return bytes;
    for (const fs::path& entry : EntriesOf(path)) bytes += BytesOf(entry);
    return bytes;
  }

  const std::stop_token& stop_;
  int64_t files_ = 0;
};

}  // namespace

Result<DataSizes> MeasureData(const std::string& folder, const std::stop_token& stop) { return Measure(stop).Of(folder); }

}  // namespace tailrace::app
