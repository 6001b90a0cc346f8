#include "lake/folder_object_store.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/crash_point.h"

namespace tailrace::lake {
namespace {

class FolderObjectStore final : public ObjectStore {
 public:
  FolderObjectStore(std::string folder, FileSystem& files) : folder_(std::move(folder)), files_(files) {}

  Status Put(const std::string& name, std::string_view bytes) override {
    TR_TRY(const std::string beside, WriteBeside(name, bytes));
    return MoveIn(beside, PathOf(name));
  }

  Result<bool> PutIfAbsent(const std::string& name, std::string_view bytes) override {
    TR_TRY(const std::string beside, WriteBeside(name, bytes));
    const std::string path = PathOf(name);
    const int failed = ::link(beside.c_str(), path.c_str()) == 0 ? 0 : errno;
    TR_RETURN_IF_ERROR(files_.Remove(beside));
    if (failed != 0 && failed != EEXIST) return Fail(Error::Unavailable("link " + path + ": " + std::strerror(failed)));
    TR_CRASH_POINT("lake.object_linked");
    TR_RETURN_IF_ERROR(files_.SyncDirectory(ParentPath(path)));
    return failed == 0;
  }

  Status PutFile(const std::string& name, const std::string& path) override {
    if (!IsObjectName(name)) return Fail(Error::Invalid(name + " is no name of an object"));
    TR_RETURN_IF_ERROR(MakeDirectories(files_, ParentPath(PathOf(name))));
    {
      TR_TRY(const auto file, files_.Open(path, OpenMode::kWrite));
      TR_RETURN_IF_ERROR(file->Sync());
    }
    return MoveIn(path, PathOf(name));
  }

  Result<std::string> Get(const std::string& name, int64_t bytes_max) override {
    if (!IsObjectName(name)) return Fail(Error::NotFound(name + " is no name of an object"));
    TR_TRY(const FileInfo info, files_.Stat(PathOf(name)));
    if (info.bytes > bytes_max) return Fail(Error::Exhausted(PathOf(name) + " has more than " + std::to_string(bytes_max) + " bytes"));
    return ReadFile(files_, PathOf(name), bytes_max);
  }

  Result<std::vector<ObjectInfo>> List(const std::string& prefix) override {
    std::vector<ObjectInfo> found;
    const Status listed = ListBelow(prefix, &found);
    if (!listed && listed.error().code() != ErrorCode::kNotFound) return Fail(listed.error());
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return found;
  }

  Status Delete(const std::string& name) override {
    if (!IsObjectName(name)) return {};
    const Status removed = files_.Remove(PathOf(name));
    if (!removed) return removed.error().code() == ErrorCode::kNotFound ? Status() : removed;
    return files_.SyncDirectory(ParentPath(PathOf(name)));
  }

 private:
  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  // Each call has a name of its own, so that two that put the same object do not write into one file.
  Result<std::string> WriteBeside(const std::string& name, std::string_view bytes) {
    if (!IsObjectName(name)) return Fail(Error::Invalid(name + " is no name of an object"));
    const std::string path = PathOf(name);
    TR_RETURN_IF_ERROR(MakeDirectories(files_, ParentPath(path)));
    const int64_t mine = writes_.fetch_add(1) % kBesideMax;
    const std::string beside = path + "." + std::to_string(mine) + std::string(kTemporarySuffix);
    const Status written = WriteWhole(beside, bytes);
    TR_CRASH_POINT("lake.object_written");
    if (written) return beside;
    (void)files_.Remove(beside);  // on a full disk it would take the place of what is to come
    return Fail(written.error());
  }

  Status WriteWhole(const std::string& path, std::string_view bytes) {
    TR_TRY(const auto file, files_.Open(path, OpenMode::kCreate));
    TR_RETURN_IF_ERROR(file->Truncate(0));
    TR_RETURN_IF_ERROR(file->WriteAt(0, bytes));
    return file->Sync();
  }

  Status MoveIn(const std::string& from, const std::string& to) {
    TR_RETURN_IF_ERROR(files_.Rename(from, to));
    TR_CRASH_POINT("lake.object_renamed");
    return files_.SyncDirectory(ParentPath(to));
  }

  // `prefix` is empty or ends in "/".
  Status ListBelow(const std::string& prefix, std::vector<ObjectInfo>* found) {
    TR_TRY(const auto names, files_.List(folder_ + "/" + prefix));
    for (const std::string& name : names) {
      if (name.ends_with(kTemporarySuffix)) continue;
      const std::string object = prefix + name;
      const auto info = files_.Stat(PathOf(object));
      if (!info && info.error().code() == ErrorCode::kNotFound) continue;  // gone meanwhile
      if (!info) return Fail(info.error());
      if (!info->directory) {
        found->push_back({object, info->bytes});
      } else if (const Status below = ListBelow(object + "/", found); !below && below.error().code() != ErrorCode::kNotFound) {
        return below;
      }
    }
    return {};
  }

  // How many may be left by crashes beside one object.
  static constexpr int64_t kBesideMax = 8;

  const std::string folder_;
  FileSystem& files_;
  std::atomic<int64_t> writes_{0};
};

}  // namespace

std::unique_ptr<ObjectStore> OpenFolderObjectStore(std::string folder, FileSystem& files) {
  return std::make_unique<FolderObjectStore>(std::move(folder), files);
}

}  // namespace tailrace::lake
