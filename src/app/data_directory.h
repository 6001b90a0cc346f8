// The folder that everything is kept in: one process at a time, one version of the layout.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::app {

// What FORMAT says while a restore is under way: such a folder does not open.
inline constexpr std::string_view kRestoring = "restoring";

// Holds the folder's lock while it lives.
class DataDirectory {
 public:
  // Makes the folder when it is missing. kConflict: another process holds it, and the message says which. kInvalid: made by a version of
  // the program whose layout this one does not know.
  static Result<DataDirectory> Open(const std::string& path);

  DataDirectory(DataDirectory&& other) noexcept;
  DataDirectory& operator=(DataDirectory&& other) noexcept;
  ~DataDirectory();

  const std::string& path() const { return path_; }
  std::string Join(std::string_view name) const;

 private:
  DataDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  int lock_fd_ = -1;
};

// Removes everything the program keeps in `path`, and nothing else. The folder must be lockable.
Status EraseData(const std::string& path);

}  // namespace tailrace::app
