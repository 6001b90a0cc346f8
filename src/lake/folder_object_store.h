// Objects as files below a folder.
#pragma once

#include <memory>
#include <string>

#include "base/file_system.h"
#include "ports/object_store.h"

namespace tailrace::lake {

// A file is written beside its place (".tmp"), synced, and renamed or, where nothing may be replaced, linked into it; then its folder is
// synced. What a crash leaves beside its place is not listed, and is written over.
// Ownership: borrows `files`, which must be the machine's.
std::unique_ptr<ObjectStore> OpenFolderObjectStore(std::string folder, FileSystem& files);

}  // namespace tailrace::lake
